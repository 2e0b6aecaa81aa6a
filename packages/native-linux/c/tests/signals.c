/* The child has the mask and the dispositions of the request, and the parent keeps its own. */
#include <pthread.h>
#include <sys/syscall.h>

#include "test.h"

#define BIT(sig) (1ull << ((sig)-1))

static const char *hex(unsigned long long number)
{
	static char text[4][32];
	static int turn;

	turn = (turn + 1) % 4;
	snprintf(text[turn], sizeof(text[turn]), "%llx", number);
	return text[turn];
}

static unsigned long long my_mask(void)
{
	unsigned long long mask;

	syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &mask, 8);
	return mask;
}

static void handler(int sig)
{
	(void)sig;
}

static void does_not_pass_the_mask_on(void)
{
	unsigned long long mask = BIT(SIGUSR1) | BIT(SIGTERM) | BIT(40), none = 0;
	struct req *r;

	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, 8);
	CHECK_SHOWS(shown(req_show()), "mask", "0");
	CHECK_IS(my_mask(), mask);
	r = req_show();
	r->head.signal_mask = BIT(SIGHUP) | BIT(64) | BIT(33);
	CHECK_SHOWS(shown(r), "mask", hex(BIT(SIGHUP) | BIT(64) | BIT(33)));
	CHECK_FAILS(spawn(req_new("/nonexistent")), ENOENT, RS_STEP_FILE, 0);
	CHECK_IS(my_mask(), mask);
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, 8);
}

/* Engines read the ignored signals when they are opened, so each case opens its own. */
static void resets_what_it_is_told_to(void)
{
	struct req *r;

	signal(SIGHUP, SIG_IGN);
	signal(SIGUSR2, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGTERM, handler);
	rs_engine_close(engine);
	engine_up();

	/* By default ignored signals stay ignored, and handlers are reset. */
	r = req_show();
	CHECK_SHOWS(shown(r), "ignored", hex(BIT(SIGHUP) | BIT(SIGUSR2) | BIT(SIGPIPE)));
	CHECK_SHOWS(shown(req_show()), "handled", "0");

	r = req_show();
	r->head.signals_default = ~0ull;
	CHECK_SHOWS(shown(r), "ignored", "0");

	r = req_show();
	r->head.signals_default = BIT(SIGHUP);
	CHECK_SHOWS(shown(r), "ignored", hex(BIT(SIGUSR2) | BIT(SIGPIPE)));

	/* A signal that both sets name is ignored, also if the parent did not ignore it. */
	r = req_show();
	r->head.signals_default = ~0ull;
	r->head.signals_ignore = BIT(SIGHUP) | BIT(SIGINT) | BIT(64);
	CHECK_SHOWS(shown(r), "ignored", hex(BIT(SIGHUP) | BIT(SIGINT) | BIT(64)));

	CHECK(signal(SIGTERM, SIG_DFL) == handler);
	CHECK(signal(SIGHUP, SIG_DFL) == SIG_IGN);
	CHECK(signal(SIGUSR2, SIG_DFL) == SIG_IGN);
	CHECK(signal(SIGPIPE, SIG_DFL) == SIG_IGN);
	CHECK(signal(SIGINT, SIG_DFL) == SIG_DFL);
}

static volatile int stop;
static volatile int caught;

static void *pester(void *arg)
{
	pthread_t main_thread = *(pthread_t *)arg;

	while (!stop) {
		pthread_kill(main_thread, SIGUSR1);
		usleep(50);
	}
	return NULL;
}

static void on_usr1(int sig)
{
	(void)sig;
	caught++;
}

/* Signals arrive all the time. The child takes none from the parent, and none kills it before exec.
 */
static void works_under_fire(void)
{
	pthread_t self = pthread_self(), thread;

	signal(SIGUSR1, on_usr1);
	CHECK(pthread_create(&thread, NULL, pester, &self) == 0);
	for (int i = 0; i < 200; i++) {
		struct rs_outcome out;
		struct req *r = req_show();

		put(&r->argv, "exit");
		put(&r->argv, "7");
		out = spawn_ok(r);
		close(out.ends[1].read);
		CHECK_IS(finish(&out).code, 7);
		CHECK_FAILS(spawn(req_new("/nonexistent")), ENOENT, RS_STEP_FILE, 0);
	}
	stop = 1;
	pthread_join(thread, NULL);
	CHECK(caught > 0);
	signal(SIGUSR1, SIG_DFL);
}

int main(void)
{
	engine_up();
	does_not_pass_the_mask_on();
	resets_what_it_is_told_to();
	works_under_fire();
	CHECK(has_no_children());
	rs_engine_close(engine);
	return 0;
}
