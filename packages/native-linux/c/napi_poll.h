/*
 * Node's event loop watches the epoll set of a loop. A handle of libuv is closed asynchronously, so
 * it has memory of its own, which outlives whoever closed it; and an environment that ends waits
 * for that.
 */
#ifndef RS_NAPI_POLL_H
#define RS_NAPI_POLL_H

#include <node_api.h>
#include <cstdint>
#include <cstdlib>
#include <new>

#include "uv_poll.h"

class Poll
{
      public:
	using Ready = bool (*)(void *context);
	using Ends = void (*)(void *context);

	/*
	 * Calls `ready` whenever the fd is readable, on the thread of the environment, until that
	 * answers false. Calls `ends` when the environment ends, which then has to close this.
	 * nullptr: Node has refused.
	 */
	static Poll *open(napi_env env, int32_t fd, Ready ready, Ends ends, void *context)
	{
		uv_loop_s *loop;

		if (napi_get_uv_event_loop(env, &loop) != napi_ok)
			return nullptr;
		Poll *poll = new (std::nothrow) Poll(ready, ends, context);
		if (!poll)
			return nullptr;
		poll->handle_ = static_cast<uv_handle_s *>(std::malloc(uv_handle_size(UV_POLL)));
		if (!poll->handle_ || uv_poll_init(loop, poll->handle_, fd) != 0) {
			delete poll;
			return nullptr;
		}
		uv_handle_set_data(poll->handle_, poll);
		uv_unref(poll->handle_);
		if (uv_poll_start(poll->handle_, UV_READABLE, turn) != 0 ||
		    napi_add_async_cleanup_hook(env, env_ends, poll, &poll->hook_) != napi_ok) {
			poll->close();
			return nullptr;
		}
		return poll;
	}

	/* Neither callback is called from here on. The fd may be closed at once. */
	void close()
	{
		is_closing_ = true;
		uv_close(handle_, closed);
	}

	void ref(bool refd)
	{
		if (refd)
			uv_ref(handle_);
		else
			uv_unref(handle_);
	}

	Poll(const Poll &) = delete;
	Poll &operator=(const Poll &) = delete;

      private:
	Poll(Ready ready, Ends ends, void *context) : ready_(ready), ends_(ends), context_(context)
	{
	}

	~Poll()
	{
		if (hook_)
			napi_remove_async_cleanup_hook(hook_);
		std::free(handle_);
	}

	static void turn(uv_handle_s *handle, int, int)
	{
		Poll *poll = static_cast<Poll *>(uv_handle_get_data(handle));

		if (!poll->ready_(poll->context_) && !poll->is_closing_)
			uv_poll_stop(handle);
	}

	static void closed(uv_handle_s *handle)
	{
		delete static_cast<Poll *>(uv_handle_get_data(handle));
	}

	static void env_ends(napi_async_cleanup_hook_handle, void *self)
	{
		Poll *poll = static_cast<Poll *>(self);

		if (!poll->is_closing_)
			poll->ends_(poll->context_);
	}

	Ready ready_;
	Ends ends_;
	void *context_;
	uv_handle_s *handle_ = nullptr;
	napi_async_cleanup_hook_handle hook_ = nullptr;
	bool is_closing_ = false;
};

#endif
