/*
 * What the binding for Node keeps for an environment: the engine, its loops, the function that is
 * called when there is something to take, and the fds that JavaScript was given. Each environment
 * has an instance of its own, so that workers share nothing.
 */
#ifndef RS_NAPI_BINDING_H
#define RS_NAPI_BINDING_H

#include <napi.h>
#include <cerrno>
#include <vector>

#include "ringspawn.h"

/* Loops, as src/binding.ts numbers them. */
enum { TURNING, BLOCKING, LOOPS };

class Binding
{
      public:
	explicit Binding(Napi::Env env) : env_(env)
	{
	}
	Binding(const Binding &) = delete;
	Binding &operator=(const Binding &) = delete;

	/* The notifier thread is joined first: it calls the function that is released next. */
	~Binding()
	{
		for (rs_loop *&loop : loops_) {
			if (loop)
				rs_loop_close(loop);
			loop = nullptr;
		}
		if (engine_)
			rs_engine_close(engine_);
		engine_ = nullptr;
		/* These are the fds that an ended worker left open. Its children run on, and a
		 * later spawn of any environment reaps them. */
		for (size_t fd = 0; fd < fds_.size(); fd++) {
			if (fds_[fd])
				rs_abandon(static_cast<int32_t>(fd));
		}
	}

	int32_t open()
	{
		int error = engine_ ? 0 : rs_engine_open(&engine_);

		for (rs_loop *&loop : loops_) {
			if (!error && !loop)
				error = rs_loop_open(&loop);
		}
		return error;
	}

	int32_t start(Napi::Function notify)
	{
		napi_value name = Napi::String::New(env_, "ringspawn");
		napi_status status = napi_create_threadsafe_function(
			env_, notify, nullptr, name, 0, 1, nullptr, nullptr, this, call, &wake_);
		if (status != napi_ok)
			return -ENOMEM;
		napi_unref_threadsafe_function(env_, wake_);
		int error = rs_loop_start(loops_[TURNING], notify_from_thread, wake_);
		if (error) { /* there is no thread to be had now; a later call may find one */
			napi_release_threadsafe_function(wake_, napi_tsfn_abort);
			wake_ = nullptr;
			return error;
		}
		/* Hooks run in the reverse order of their adding, so this one runs before that of
		 * the function. */
		napi_add_env_cleanup_hook(env_, cleanup, this);
		return 0;
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

	void own(const rs_outcome &outcome)
	{
		for (uint32_t i = 0; i < outcome.count; i++) {
			own(outcome.ends[i].read, true);
			own(outcome.ends[i].write, true);
		}
	}

	rs_loop *loop(const Napi::Value &name)
	{
		return loops_[name.As<Napi::Number>().Uint32Value() == BLOCKING ? BLOCKING
										: TURNING];
	}

	void taken()
	{
		if (loops_[TURNING])
			rs_loop_taken(loops_[TURNING]);
	}

	rs_engine *engine() const
	{
		return engine_;
	}
	napi_threadsafe_function wake() const
	{
		return wake_;
	}

      private:
	static void notify_from_thread(void *wake)
	{
		napi_call_threadsafe_function(static_cast<napi_threadsafe_function>(wake), nullptr,
					      napi_tsfn_nonblocking);
	}

	static void call(napi_env env, napi_value notify, void *context, void *)
	{
		Binding *binding = static_cast<Binding *>(context);

		/* env is null while the environment ends. */
		if (!env || !binding->loops_[TURNING])
			return;
		napi_value self;
		napi_get_undefined(env, &self);
		napi_status status = napi_call_function(env, self, notify, 0, nullptr, nullptr);
		if (status == napi_pending_exception) {
			napi_value error;
			napi_get_and_clear_last_exception(env, &error);
			napi_fatal_exception(env, error);
		}
	}

	static void cleanup(void *self)
	{
		Binding *binding = static_cast<Binding *>(self);

		rs_loop_close(binding->loops_[TURNING]);
		binding->loops_[TURNING] = nullptr;
	}

	Napi::Env env_;
	rs_engine *engine_ = nullptr;
	rs_loop *loops_[LOOPS] = {};
	napi_threadsafe_function wake_ = nullptr;
	std::vector<bool> fds_;
};

#endif
