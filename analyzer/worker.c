#include "worker.h"

#include <signal.h>
#include <stddef.h>

static void signals_of_others(sigset_t *held)
{
	static const int crash[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS, SIGTRAP};

	sigfillset(held);
	for (size_t i = 0; i < sizeof crash / sizeof *crash; i++)
		sigdelset(held, crash[i]);
}

bool worker_start(pthread_t *thread, void *(*run)(void *arg), void *arg)
{
	sigset_t held, before;

	signals_of_others(&held);
	pthread_sigmask(SIG_BLOCK, &held, &before);
	int rc = pthread_create(thread, NULL, run, arg);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return rc == 0;
}
