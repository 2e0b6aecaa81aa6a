/*
 * What one evaluation of the package has in Node: an engine, its loops, the function that is called
 * when there is something to take, and the fds that JavaScript was given. A program may evaluate
 * the package many times, in one environment as in several, and these share nothing. It ends with
 * its object, or with its environment, whichever is first.
 */
#ifndef RS_NAPI_BINDING_H
#define RS_NAPI_BINDING_H

#include <napi.h>
#include <cerrno>
#include <vector>

#include "napi_poll.h"
#include "ringspawn.h"

/* Loops, as src/binding.ts numbers them. */
enum { TURNING, BLOCKING, LOOPS };

using Info = const Napi::CallbackInfo &;

class Binding : public Napi::ObjectWrap<Binding>
{
      public:
	explicit Binding(Info info) : ObjectWrap(info)
	{
	}
	~Binding() override
	{
		close();
	}

	/* The functions of src/binding.ts. */
	Napi::Value probe(Info);
	Napi::Value probe_io_uring(Info);
	Napi::Value open(Info);
	Napi::Value start(Info);
	void idle(Info);
	void ref(Info);
	void unref(Info);
	Napi::Value spawn(Info);
	Napi::Value queue(Info);
	Napi::Value submit(Info);
	Napi::Value notify_fd(Info);
	Napi::Value prespawn(Info);
	Napi::Value prespawn_exec(Info);
	Napi::Value eventfd(Info);
	Napi::Value inherited_hash(Info);
	Napi::Value explain(Info);
	Napi::Value kill(Info);
	Napi::Value reap(Info);
	Napi::Value read(Info);
	Napi::Value write(Info);
	Napi::Value hung_up(Info);
	Napi::Value send(Info);
	Napi::Value watch(Info);
	Napi::Value forget(Info);
	Napi::Value take(Info);
	Napi::Value alarm(Info);
	Napi::Value now(Info);
	Napi::Value terminal_open(Info);
	Napi::Value terminal_resize(Info);
	Napi::Value terminal_get_mode(Info);
	Napi::Value terminal_set_mode(Info);
	/* A call after which JavaScript does not have the fd any more. */
	template <int32_t (*call)(int32_t)> Napi::Value disown(Info info)
	{
		int32_t fd = info[0].As<Napi::Number>().Int32Value();

		own(fd, false);
		return Napi::Number::New(info.Env(), call(fd));
	}

      private:
	struct Start;

	void close();
	static bool ready(void *self);
	void retain(bool is_wanted);
	rs_loop *loop(const Napi::Value &name) const
	{
		return loops_[name.As<Napi::Number>().Uint32Value() == BLOCKING ? BLOCKING
										: TURNING];
	}

	/* JavaScript is given an fd, or closes one. */
	void own(int32_t fd, bool is_open)
	{
		if (fd < 0)
			return;
		if (static_cast<size_t>(fd) >= fds_.size())
			fds_.resize(static_cast<size_t>(fd) + 64);
		fds_[static_cast<size_t>(fd)] = is_open;
	}

	void own(const rs_outcome &outcome, bool is_open)
	{
		own(outcome.pidfd, is_open);
		for (uint32_t i = 0; i < outcome.count && i < RS_MAX_SLOTS; i++) {
			own(outcome.ends[i].read, is_open);
			own(outcome.ends[i].write, is_open);
		}
	}

	rs_engine *engine_ = nullptr;
	rs_loop *loops_[LOOPS] = {};
	Poll *poll_ = nullptr;
	Napi::FunctionReference notify_;
	bool is_retained_ = false;
	std::vector<bool> fds_;
};

#endif
