#include "worker.h"

#include <signal.h>
#include <sysexits.h>

#include "../analyzer/msg.h"

/* A crash whose signal is held back ends the process at once, and the terminal stays as it is. */
static void signals_of_workers(sigset_t *held)
{
	static const int crash[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS, SIGTRAP};

	sigfillset(held);
	for (size_t i = 0; i < sizeof crash / sizeof *crash; i++)
		sigdelset(held, crash[i]);
}

pthread_t worker_start(void *(*run)(void *arg), void *arg)
{
	sigset_t held, before;
	pthread_t thread;

	signals_of_workers(&held);
	pthread_sigmask(SIG_BLOCK, &held, &before);
	if (pthread_create(&thread, NULL, run, arg) != 0)
		msg_die(EX_OSERR, "no thread can be started");
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return thread;
}
