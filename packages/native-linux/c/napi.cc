/*
 * napi.cc - the binding for Node: ringspawn.h as functions of numbers and byte arrays
 * (src/binding.ts). No decision is made here.
 */
#include <napi.h>
#include <algorithm>
#include <cerrno>

#include "napi_binding.h"
#include "ringspawn.h"

namespace
{

int32_t number(Info info, size_t i)
{
	return info[i].As<Napi::Number>().Int32Value();
}

/* The bytes of an argument that is a typed array. Any other argument has none. */
struct Bytes {
	void *data = nullptr;
	uint32_t length = 0;

	Bytes(Info info, size_t i)
	{
		napi_typedarray_type type;
		napi_value buffer;
		size_t count = 0;
		size_t offset = 0;

		if (napi_get_typedarray_info(info.Env(), info[i], &type, &count, &data, &buffer,
					     &offset) != napi_ok)
			return;
		size_t size = type == napi_int32_array || type == napi_uint32_array         ? 4
			      : type == napi_bigint64_array || type == napi_biguint64_array ? 8
											    : 1;
		length = static_cast<uint32_t>(std::min<size_t>(count * size, INT32_MAX));
	}
};

Napi::Value answer(Info info, int32_t value)
{
	return Napi::Number::New(info.Env(), value);
}

} /* namespace */

Napi::Value Binding::probe(Info info)
{
	Bytes out(info, 0);

	if (out.length < sizeof(struct rs_probe))
		return answer(info, -EINVAL);
	return answer(info, rs_probe(static_cast<struct rs_probe *>(out.data)));
}

Napi::Value Binding::probe_io_uring(Info info)
{
	Bytes out(info, 0);

	if (out.length < sizeof(struct rs_probe))
		return answer(info, -EINVAL);
	return answer(info, rs_probe_io_uring(static_cast<struct rs_probe *>(out.data)));
}

Napi::Value Binding::open(Info info)
{
	int error = engine_ ? 0 : rs_engine_open(&engine_);

	for (rs_loop *&loop : loops_) {
		if (!error && !loop)
			error = rs_loop_open(&loop);
	}
	return answer(info, error);
}

Napi::Value Binding::start(Info info)
{
	if (!loops_[TURNING])
		return answer(info, -EINVAL);
	if (poll_)
		return answer(info, -EALREADY);
	poll_ = Poll::open(
		info.Env(), rs_loop_fd(loops_[TURNING]), ready,
		[](void *self) { static_cast<Binding *>(self)->close(); }, this);
	if (!poll_)
		return answer(info, -ENOMEM);
	/* The object has the function and is not held by it, so that both can be collected
	 * together. */
	notify_ = Napi::Weak(info[0].As<Napi::Function>());
	Value().Set("notify", info[0]);
	return answer(info, 0);
}

/*
 * Node turns its loop also while an environment ends: after worker.terminate(), or when it closes
 * what is left. It calls no JavaScript then, and refuses every function that might. The children
 * are orphans soon.
 */
bool Binding::ready(void *self)
{
	Binding *binding = static_cast<Binding *>(self);
	napi_env env = binding->Env();
	Napi::HandleScope scope(env);
	napi_value notify = binding->notify_.Value();
	napi_value global;
	napi_value error;

	if (!notify || napi_get_global(env, &global) != napi_ok)
		return false;
	/* Without an async context of its own: whoever waits for a promise has that of the wait. */
	napi_status status = napi_make_callback(env, nullptr, global, notify, 0, nullptr, nullptr);
	/* An error that JavaScript throws is one of the program: there is no caller to tell. Where
	 * Node has refused to call, there is no error, and it refuses this in the same way. */
	if (status == napi_pending_exception) {
		napi_get_and_clear_last_exception(env, &error);
		status = napi_fatal_exception(env, error);
	}
	return status != napi_pending_exception && status != napi_cannot_run_js &&
	       status != napi_closing;
}

void Binding::close()
{
	if (poll_)
		poll_->close();
	poll_ = nullptr;
	for (rs_loop *&loop : loops_) {
		rs_loop_close(loop);
		loop = nullptr;
	}
	rs_engine_close(engine_);
	engine_ = nullptr;
	/* These are the fds that an ended worker left open. Its children run on, and a later spawn
	 * of any environment reaps them. */
	for (size_t fd = 0; fd < fds_.size(); fd++) {
		if (fds_[fd])
			rs_abandon(static_cast<int32_t>(fd));
	}
	fds_.clear();
}

/* Only while something is watched, Node holds the object, and with it all that belongs to it. */
void Binding::retain(bool is_wanted)
{
	if (is_wanted == is_retained_)
		return;
	is_retained_ = is_wanted;
	if (is_wanted)
		Ref();
	else
		Unref();
}

void Binding::idle(Info)
{
	retain(false);
}

/* What every kind of start is called with: a request block, and an outcome that it is to fill. */
struct Binding::Start {
	Binding &binding;
	Bytes block;
	uint32_t length;
	Bytes out;
	rs_outcome *outcome;

	Start(Binding &self, Info info, size_t out_at)
		: binding(self), block(info, 0), length(info[1].As<Napi::Number>().Uint32Value()),
		  out(info, out_at), outcome(static_cast<rs_outcome *>(out.data))
	{
	}

	/* What JavaScript has not taken of the last start is given up by this one. */
	bool begin() const
	{
		if (!binding.engine_ || length > block.length || out.length < sizeof(rs_outcome))
			return false;
		if (outcome->takes)
			binding.own(*outcome, false);
		return true;
	}

	/* JavaScript gets the fds of a start that has not failed. */
	Napi::Value answer(Info info, int32_t result) const
	{
		if (result >= 0 && outcome->error == 0)
			binding.own(*outcome, true);
		return Napi::Number::New(info.Env(), result);
	}
};

Napi::Value Binding::spawn(Info info)
{
	Start start(*this, info, 2);

	if (!start.begin())
		return answer(info, -EINVAL);
	return start.answer(info, rs_spawn(engine_, start.block.data, start.length, start.outcome));
}

Napi::Value Binding::queue(Info info)
{
	Start start(*this, info, 2);

	if (!start.begin())
		return answer(info, -EINVAL);
	return start.answer(info, rs_queue(engine_, start.block.data, start.length, start.outcome));
}

Napi::Value Binding::submit(Info info)
{
	uint32_t ring = info[0].As<Napi::Number>().Uint32Value();
	uint32_t clear = info[1].As<Napi::Boolean>() ? 1 : 0;
	Bytes out(info, 2);
	rs_started *rows = static_cast<rs_started *>(out.data);

	if (!engine_)
		return answer(info, -EINVAL);
	int32_t count = rs_submit(engine_, ring, clear, rows,
				  static_cast<uint32_t>(out.length / sizeof(rs_started)));
	for (int32_t i = 0; i < count; i++)
		own(rows[i].pidfd, true);
	return answer(info, count);
}

Napi::Value Binding::notify_fd(Info info)
{
	return answer(info,
		      engine_ ? rs_notify_fd(engine_, info[0].As<Napi::Number>().Uint32Value())
			      : -EINVAL);
}

Napi::Value Binding::prespawn(Info info)
{
	uint32_t release = info[2].As<Napi::Number>().Uint32Value();
	Start start(*this, info, 3);

	if (!start.begin())
		return answer(info, -EINVAL);
	return start.answer(info, rs_prespawn(engine_, start.block.data, start.length, release,
					      start.outcome));
}

Napi::Value Binding::prespawn_exec(Info info)
{
	Bytes block(info, 2);
	uint32_t length = info[3].As<Napi::Number>().Uint32Value();

	if (!engine_ || length > block.length)
		return answer(info, -EINVAL);
	return answer(info, rs_prespawn_exec(engine_, info[0].As<Napi::Number>().Uint32Value(),
					     number(info, 1), block.data, length));
}

Napi::Value Binding::eventfd(Info info)
{
	int32_t fd = rs_eventfd();

	own(fd, true);
	return answer(info, fd);
}

Napi::Value Binding::inherited_hash(Info info)
{
	Bytes out(info, 0);

	if (out.length < sizeof(uint64_t))
		return answer(info, -EINVAL);
	return answer(info, rs_inherited_hash(static_cast<uint64_t *>(out.data)));
}

Napi::Value Binding::explain(Info info)
{
	Bytes block(info, 0);
	uint32_t length = info[1].As<Napi::Number>().Uint32Value();
	Bytes out(info, 2);
	uint32_t capacity = info[3].As<Napi::Number>().Uint32Value();

	if (!engine_ || length > block.length || capacity > out.length / sizeof(rs_explained))
		return answer(info, -EINVAL);
	return answer(info, rs_explain(engine_, block.data, length,
				       static_cast<rs_explained *>(out.data), capacity));
}

Napi::Value Binding::kill(Info info)
{
	return answer(info, rs_kill(number(info, 0), number(info, 1)));
}

Napi::Value Binding::reap(Info info)
{
	Bytes out(info, 1);

	if (out.length < sizeof(rs_exit))
		return answer(info, -EINVAL);
	return answer(info, rs_reap(number(info, 0), static_cast<rs_exit *>(out.data)));
}

Napi::Value Binding::read(Info info)
{
	Bytes into(info, 1);
	return answer(info, rs_read(number(info, 0), into.data, into.length));
}

Napi::Value Binding::write(Info info)
{
	Bytes from(info, 1);
	return answer(info, rs_write(number(info, 0), from.data, from.length));
}

Napi::Value Binding::hung_up(Info info)
{
	return answer(info, rs_hung_up(number(info, 0)));
}

Napi::Value Binding::send(Info info)
{
	Bytes from(info, 1);
	return answer(info, rs_send(number(info, 0), from.data, from.length));
}

Napi::Value Binding::watch(Info info)
{
	rs_loop *watching = loop(info[0]);

	if (!watching)
		return answer(info, -EBADF);
	int error =
		rs_loop_watch(watching, number(info, 1), info[2].As<Napi::Number>().Uint32Value(),
			      info[3].As<Napi::Number>().Uint32Value());
	/* What epoll refuses is looked at by a timer. */
	if (watching == loops_[TURNING])
		retain(true);
	return answer(info, error);
}

Napi::Value Binding::forget(Info info)
{
	rs_loop *watching = loop(info[0]);

	return answer(info, watching ? rs_loop_forget(watching, number(info, 1)) : -EBADF);
}

Napi::Value Binding::take(Info info)
{
	rs_loop *watching = loop(info[0]);
	Bytes out(info, 1);

	if (!watching)
		return answer(info, -EBADF);
	return answer(info, rs_loop_take(watching, static_cast<rs_event *>(out.data),
					 static_cast<uint32_t>(out.length / sizeof(rs_event)),
					 number(info, 2)));
}

Napi::Value Binding::alarm(Info info)
{
	if (!loops_[TURNING])
		return answer(info, -EBADF);
	return answer(info,
		      rs_loop_alarm(loops_[TURNING], info[0].As<Napi::Number>().Uint32Value()));
}

Napi::Value Binding::now(Info info)
{
	double ms = 0;

	rs_now(&ms);
	return Napi::Number::New(info.Env(), ms);
}

Napi::Value Binding::terminal_open(Info info)
{
	Bytes out(info, 2);
	rs_terminal *terminal = static_cast<rs_terminal *>(out.data);

	if (out.length < sizeof(rs_terminal))
		return answer(info, -EINVAL);
	int error = rs_terminal_open(engine_, info[0].As<Napi::Number>().Uint32Value(),
				     info[1].As<Napi::Number>().Uint32Value(), terminal);
	if (error == 0) {
		own(terminal->read, true);
		own(terminal->write, true);
		own(terminal->terminal, true);
	}
	return answer(info, error);
}

Napi::Value Binding::terminal_resize(Info info)
{
	return answer(info,
		      rs_terminal_resize(number(info, 0), info[1].As<Napi::Number>().Uint32Value(),
					 info[2].As<Napi::Number>().Uint32Value()));
}

Napi::Value Binding::terminal_get_mode(Info info)
{
	Bytes out(info, 1);

	if (out.length < sizeof(rs_terminal_mode))
		return answer(info, -EINVAL);
	return answer(info, rs_terminal_get_mode(number(info, 0),
						 static_cast<rs_terminal_mode *>(out.data)));
}

Napi::Value Binding::terminal_set_mode(Info info)
{
	Bytes mode(info, 1);

	if (mode.length < sizeof(rs_terminal_mode))
		return answer(info, -EINVAL);
	return answer(info, rs_terminal_set_mode(number(info, 0),
						 static_cast<rs_terminal_mode *>(mode.data)));
}

void Binding::ref(Info)
{
	if (poll_)
		poll_->ref(true);
}

void Binding::unref(Info)
{
	if (poll_)
		poll_->ref(false);
}

namespace
{

Napi::Object init(Napi::Env env, Napi::Object exports)
{
	using Wrap = Napi::ObjectWrap<Binding>;

	exports["abi"] = Napi::Number::New(env, rs_abi());
	exports["Binding"] = Binding::DefineClass(
		env, "Binding",
		{
			Wrap::InstanceMethod<&Binding::probe>("probe"),
			Wrap::InstanceMethod<&Binding::probe_io_uring>("probeIoUring"),
			Wrap::InstanceMethod<&Binding::open>("open"),
			Wrap::InstanceMethod<&Binding::start>("start"),
			Wrap::InstanceMethod<&Binding::idle>("idle"),
			Wrap::InstanceMethod<&Binding::ref>("ref"),
			Wrap::InstanceMethod<&Binding::unref>("unref"),
			Wrap::InstanceMethod<&Binding::spawn>("spawn"),
			Wrap::InstanceMethod<&Binding::queue>("queue"),
			Wrap::InstanceMethod<&Binding::submit>("submit"),
			Wrap::InstanceMethod<&Binding::notify_fd>("notifyFd"),
			Wrap::InstanceMethod<&Binding::prespawn>("prespawn"),
			Wrap::InstanceMethod<&Binding::prespawn_exec>("prespawnExec"),
			Wrap::InstanceMethod<&Binding::eventfd>("eventfd"),
			Wrap::InstanceMethod<&Binding::inherited_hash>("inheritedHash"),
			Wrap::InstanceMethod<&Binding::explain>("explain"),
			Wrap::InstanceMethod<&Binding::kill>("kill"),
			Wrap::InstanceMethod<&Binding::reap>("reap"),
			Wrap::InstanceMethod<&Binding::read>("read"),
			Wrap::InstanceMethod<&Binding::write>("write"),
			Wrap::InstanceMethod<&Binding::hung_up>("hungUp"),
			Wrap::InstanceMethod<&Binding::disown<rs_close>>("close"),
			Wrap::InstanceMethod<&Binding::send>("send"),
			Wrap::InstanceMethod<&Binding::disown<rs_shutdown_write>>("shutdownWrite"),
			Wrap::InstanceMethod<&Binding::disown<rs_shutdown_read>>("shutdownRead"),
			Wrap::InstanceMethod<&Binding::disown<rs_release>>("release"),
			Wrap::InstanceMethod<&Binding::disown<rs_abandon>>("abandon"),
			Wrap::InstanceMethod<&Binding::watch>("watch"),
			Wrap::InstanceMethod<&Binding::forget>("forget"),
			Wrap::InstanceMethod<&Binding::take>("take"),
			Wrap::InstanceMethod<&Binding::alarm>("alarm"),
			Wrap::InstanceMethod<&Binding::now>("now"),
			Wrap::InstanceMethod<&Binding::terminal_open>("terminalOpen"),
			Wrap::InstanceMethod<&Binding::terminal_resize>("terminalResize"),
			Wrap::InstanceMethod<&Binding::terminal_get_mode>("terminalGetMode"),
			Wrap::InstanceMethod<&Binding::terminal_set_mode>("terminalSetMode"),
		});
	return exports;
}

NODE_API_MODULE(engine, init)

} /* namespace */
