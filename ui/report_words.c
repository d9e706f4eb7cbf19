#include "report_words.h"

#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* A row of a criterion has the criterion's name as id. */
static const struct report_word words[] = {
    {"decision", "Decision",
     "go: all ten criteria are met. no-go: undecided, in_force or still_warned fails, or after the switch mail was "
     "refused that nobody predicted. Otherwise not-enough-evidence. The exit code says the same: 0, 1, 2."},
    {"criterion", "Criterion",
     "One of ten questions that must all be answered with yes, each with its figure and its threshold."},
    {"window", "window", "Days watched; enough of them must be in the window."},
    {"continuity", "continuity",
     "The part of the window for which the log is there, on each host that takes mail from outside."},
    {"current", "current", "Whether the log was read to its end."},
    {"intact", "intact",
     "Whether what was read can be trusted: no line of the rule that was not understood, nothing read twice, no year "
     "guessed, nothing forgotten for want of room."},
    {"alive", "alive", "The rule was seen warning in the window on each host that takes mail from outside."},
    {"unchanged", "unchanged", "The rule's phase and its warning texts are the same from the first to the last third."},
    {"coverage", "coverage",
     "The share of all days on which somebody will send that belongs to sources we know already (Chao and Jost 2012, "
     "by "
     "days and not by mails, since one newsletter is thousands of mails). It knows nothing of who writes once a "
     "quarter."},
    {"undecided", "undecided", "Sources whose mail would be lost and on whom nobody has decided."},
    {"in_force", "in_force",
     "Each verdict exempt or move is proven: by Postfix's files as they are now, or by mail that came without a "
     "warning."},
    {"still_warned", "still_warned",
     "Sources with a verdict exempt or move that the rule warned about in the last days."},
    {"attempt", "Attempt",
     "One line of the log in which Postfix warns or refuses, usually one recipient of one try. Retries and further "
     "recipients make more attempts of one mail, so counting lines counts too much."},
    {"mail", "Mail",
     "What a person calls one mail: one transaction, and the later tries of what was refused for now. It counts on the "
     "day of its first attempt."},
    {"pair", "Mail by recipient", "A mail to three people counts three times here, since each may fare differently."},
    {"fate", "Fate",
     "What became of a warned mail for a recipient, from the log. Lost if the rule refused: delivered, queued "
     "(accepted, "
     "its end not seen yet), held (somebody may release it), unknown (a hole hides the rest). Not lost: bounced, spam "
     "(blocked as spam or virus), refused (by another rule), tempfailed (refused for now and not back yet), aborted "
     "(the "
     "client went away), discarded."},
    {"would-be-lost", "Would be lost",
     "Mails that somebody received, or may still receive, and would not if the rule refused: fate delivered, queued, "
     "held "
     "or unknown. This is what the decision is about."},
    {"people", "People", "Different recipients, upper and lower case being the same."},
    {"may-return", "May still return", "Refused for now less than 36 hours ago: the sender may try again."},
    {"accepted", "Mails accepted", "All mail that the hosts took in, whatever its sender: a yardstick."},
    {"source", "Source",
     "Who sends, as an administrator would name it: an address inside, else the organisational domain of the verified "
     "client name, else the network."},
    {"kind", "Kind",
     "org: an organisation by its verified name. net: a network without one. inside: one address of ours. shared: a "
     "domain "
     "that thousands share. Of a verdict: what it was said of."},
    {"evidence", "Evidence",
     "How many mails had which result of SPF, DKIM, DMARC and the content filter, as other programs logged it."},
    {"suggestion", "Suggestion", "Our opinion, with its reason. It decides nothing."},
    {"verdict", "Verdict",
     "What you decided. exempt: goes on sending from outside, and needs an exception. move: must use 587 or 465 with a "
     "login, or come into mynetworks. block: may be refused. None: undecided."},
    {"own-domain", "Own domain",
     "A domain that is ours, and what is below it. The map has rows for each, so each may be "
     "switched alone."},
    {"phase", "Phase", "off, warn or reject, as the log shows it; mixed: it warns for some and refuses others."},
    {"day", "Day", "A local day in the zone of the log."},
    {"watched", "Day watched", "A day with the rule in warn, of which at least 95 % of the log are there."},
    {"hole", "Hole",
     "A part of the log that is missing or damaged, or that was read from two places. Silence alone is no hole."},
    {"host", "Host that takes outside mail",
     "One whose port 25 was used by a client that is not inside; judged from its first to its last such day."},
    {"canary", "Canary", "A test client or sender of the settings: it proves life, and counts nowhere else."},
    {"insider", "Insiders",
     "warned: an inside client that the rule does not take for one, since it is not in mynetworks. foreign-sender: one "
     "that sends over port 25 with senders that are not ours. The rule hits the first, and does not see the second."},
    {"rule-gap", "Rule gap",
     "Mail of an own domain from outside that the rule did not warn about: a host or a service without it, or an "
     "exception at work."},
    {"not-judged", "Not judged",
     "The rule looks at the envelope sender only. Mail with a null sender, and a forged header From, it does not see."},
    {"regression", "Regression",
     "After the switch: a refusal of somebody marked exempt or move, or never seen while the rule warned."},
    {"forecast", "Forecast",
     "What was warned in the last days, as a rate a day. It supposes that mail stays as it was."},
    {"account", "Account",
     "Every line that was read is understood, or of no interest by a named row of the table of lines, or not "
     "understood. "
     "The sum is that of all lines."},
    {"hash", "SHA-256 of the head",
     "Of the first bytes of the uncompressed log, as many as column Head says (at most 1 024), beginning with From "
     "byte. It "
     "tells whether a log is the same one; it does not prove that the rest was not changed."},
};

const struct report_word *report_words(size_t at)
{
	return at < COUNT(words) ? &words[at] : NULL;
}
