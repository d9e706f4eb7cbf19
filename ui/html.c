#include "html.h"

#include "sha256.h"

void html_str(struct text *t, const char *s)
{
	encode_html(t, slice_str(s));
}

void html_words(struct text *t, struct slice words)
{
	ptrdiff_t from, to;

	while ((from = slice_chr(words, '`')) >= 0) {
		struct slice rest = slice_from(words, (size_t)from + 1);
		if ((to = slice_chr(rest, '`')) < 0)
			break;
		encode_html(t, slice_head(words, (size_t)from));
		text_str(t, "<code>");
		encode_html(t, slice_head(rest, (size_t)to));
		text_str(t, "</code>");
		words = slice_from(rest, (size_t)to + 1);
	}
	encode_html(t, words);
}

void html_word(struct text *t, const char *word, const char *s)
{
	if (word)
		text_printf(t, "<a href=\"#w-%s\">", word);
	html_str(t, s);
	if (word)
		text_str(t, "</a>");
}

void html_begin(struct text *t, const char *title)
{
	char style[SHA256_BASE64], script[SHA256_BASE64];

	text_str(t, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
	text_printf(t,
	            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-%s'; "
	            "script-src 'sha256-%s'; base-uri 'none'; form-action 'none'\">\n",
	            sha256_base64(slice_str(html_style), style), sha256_base64(slice_str(html_script), script));
	text_str(t, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	            "<meta name=\"color-scheme\" content=\"light dark\">\n"
	            "<meta name=\"referrer\" content=\"no-referrer\">\n"
	            "<meta name=\"robots\" content=\"noindex\">\n<title>");
	html_str(t, title);
	text_printf(t, "</title>\n<style>%s</style>\n</head>\n<body>\n", html_style);
}

void html_end(struct text *t)
{
	text_printf(t, "<script>%s</script>\n</body>\n</html>", html_script);
}
