/*
 * napi.cc - the binding for Node: ringspawn.h as functions of numbers and byte arrays
 * (src/binding.ts). No decision is made here, and nothing of libuv is used.
 */
#include <napi.h>
#include <algorithm>
#include <cerrno>

#include "napi_binding.h"
#include "ringspawn.h"

namespace
{

using Info = const Napi::CallbackInfo &;

Binding &binding(Info info)
{
	return *info.Env().GetInstanceData<Binding>();
}

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

Napi::Value probe(Info info)
{
	Bytes out(info, 0);

	if (out.length < sizeof(struct rs_probe))
		return answer(info, -EINVAL);
	return answer(info, rs_probe(static_cast<struct rs_probe *>(out.data)));
}

Napi::Value probe_io_uring(Info info)
{
	Bytes out(info, 0);

	if (out.length < sizeof(struct rs_probe))
		return answer(info, -EINVAL);
	return answer(info, rs_probe_io_uring(static_cast<struct rs_probe *>(out.data)));
}

Napi::Value open(Info info)
{
	return answer(info, binding(info).open());
}

Napi::Value start(Info info)
{
	return answer(info, binding(info).start(info[0].As<Napi::Function>()));
}

void taken(Info info)
{
	binding(info).taken();
}

/* What every kind of start is called with: a request block, and an outcome that it is to fill. */
struct Start {
	rs_engine *engine;
	Bytes block;
	uint32_t length;
	Bytes out;
	rs_outcome *outcome;

	Start(Info info, size_t out_at)
		: engine(binding(info).engine()), block(info, 0),
		  length(info[1].As<Napi::Number>().Uint32Value()), out(info, out_at),
		  outcome(static_cast<rs_outcome *>(out.data))
	{
	}

	bool is_usable() const
	{
		return engine && length <= block.length && out.length >= sizeof(rs_outcome);
	}

	/* JavaScript gets the fds of a start that has not failed. */
	Napi::Value answer(Info info, int32_t result) const
	{
		if (result >= 0 && outcome->error == 0) {
			binding(info).own(outcome->pidfd, true);
			binding(info).own(*outcome);
		}
		return Napi::Number::New(info.Env(), result);
	}
};

Napi::Value spawn(Info info)
{
	Start start(info, 2);

	if (!start.is_usable())
		return answer(info, -EINVAL);
	return start.answer(info,
			    rs_spawn(start.engine, start.block.data, start.length, start.outcome));
}

Napi::Value queue(Info info)
{
	Start start(info, 2);

	if (!start.is_usable())
		return answer(info, -EINVAL);
	return start.answer(info,
			    rs_queue(start.engine, start.block.data, start.length, start.outcome));
}

Napi::Value submit(Info info)
{
	uint32_t ring = info[0].As<Napi::Number>().Uint32Value();
	uint32_t clear = info[1].As<Napi::Boolean>() ? 1 : 0;
	Bytes out(info, 2);
	rs_started *rows = static_cast<rs_started *>(out.data);

	if (!binding(info).engine())
		return answer(info, -EINVAL);
	int32_t count = rs_submit(binding(info).engine(), ring, clear, rows,
				  static_cast<uint32_t>(out.length / sizeof(rs_started)));
	for (int32_t i = 0; i < count; i++)
		binding(info).own(rows[i].pidfd, true);
	return answer(info, count);
}

Napi::Value notify_fd(Info info)
{
	return answer(info, binding(info).engine()
				    ? rs_notify_fd(binding(info).engine(),
						   info[0].As<Napi::Number>().Uint32Value())
				    : -EINVAL);
}

Napi::Value prespawn(Info info)
{
	uint32_t release = info[2].As<Napi::Number>().Uint32Value();
	Start start(info, 3);

	if (!start.is_usable())
		return answer(info, -EINVAL);
	return start.answer(info, rs_prespawn(start.engine, start.block.data, start.length, release,
					      start.outcome));
}

Napi::Value prespawn_exec(Info info)
{
	Bytes block(info, 2);
	uint32_t length = info[3].As<Napi::Number>().Uint32Value();

	if (!binding(info).engine() || length > block.length)
		return answer(info, -EINVAL);
	return answer(info, rs_prespawn_exec(binding(info).engine(),
					     info[0].As<Napi::Number>().Uint32Value(),
					     number(info, 1), block.data, length));
}

Napi::Value eventfd(Info info)
{
	int32_t fd = rs_eventfd();

	binding(info).own(fd, true);
	return answer(info, fd);
}

Napi::Value inherited_hash(Info info)
{
	Bytes out(info, 0);

	if (out.length < sizeof(uint64_t))
		return answer(info, -EINVAL);
	return answer(info, rs_inherited_hash(static_cast<uint64_t *>(out.data)));
}

Napi::Value explain(Info info)
{
	Bytes block(info, 0);
	uint32_t length = info[1].As<Napi::Number>().Uint32Value();
	Bytes out(info, 2);
	uint32_t capacity = info[3].As<Napi::Number>().Uint32Value();

	if (!binding(info).engine() || length > block.length ||
	    capacity > out.length / sizeof(rs_explained))
		return answer(info, -EINVAL);
	return answer(info, rs_explain(binding(info).engine(), block.data, length,
				       static_cast<rs_explained *>(out.data), capacity));
}

Napi::Value kill(Info info)
{
	return answer(info, rs_kill(number(info, 0), number(info, 1)));
}

Napi::Value reap(Info info)
{
	Bytes out(info, 1);

	if (out.length < sizeof(rs_exit))
		return answer(info, -EINVAL);
	return answer(info, rs_reap(number(info, 0), static_cast<rs_exit *>(out.data)));
}

Napi::Value read(Info info)
{
	Bytes into(info, 1);
	return answer(info, rs_read(number(info, 0), into.data, into.length));
}

Napi::Value write(Info info)
{
	Bytes from(info, 1);
	return answer(info, rs_write(number(info, 0), from.data, from.length));
}

Napi::Value hung_up(Info info)
{
	return answer(info, rs_hung_up(number(info, 0)));
}

/* A call after which JavaScript does not have the fd any more. */
template <int32_t (*call)(int32_t)> Napi::Value disown(Info info)
{
	int32_t fd = number(info, 0);

	binding(info).own(fd, false);
	return answer(info, call(fd));
}

Napi::Value send(Info info)
{
	Bytes from(info, 1);
	return answer(info, rs_send(number(info, 0), from.data, from.length));
}

Napi::Value watch(Info info)
{
	return answer(info, rs_loop_watch(binding(info).loop(info[0]), number(info, 1),
					  info[2].As<Napi::Number>().Uint32Value(),
					  info[3].As<Napi::Number>().Uint32Value()));
}

Napi::Value forget(Info info)
{
	return answer(info, rs_loop_forget(binding(info).loop(info[0]), number(info, 1)));
}

Napi::Value take(Info info)
{
	Bytes out(info, 1);

	return answer(info,
		      rs_loop_take(binding(info).loop(info[0]), static_cast<rs_event *>(out.data),
				   static_cast<uint32_t>(out.length / sizeof(rs_event)),
				   number(info, 2)));
}

void ref(Info info)
{
	napi_ref_threadsafe_function(info.Env(), binding(info).wake());
}

void unref(Info info)
{
	napi_unref_threadsafe_function(info.Env(), binding(info).wake());
}

Napi::Object init(Napi::Env env, Napi::Object exports)
{
	env.SetInstanceData(new Binding(env));
	exports["abi"] = Napi::Number::New(env, rs_abi());
	exports["probe"] = Napi::Function::New<probe>(env);
	exports["probeIoUring"] = Napi::Function::New<probe_io_uring>(env);
	exports["open"] = Napi::Function::New<open>(env);
	exports["start"] = Napi::Function::New<start>(env);
	exports["taken"] = Napi::Function::New<taken>(env);
	exports["spawn"] = Napi::Function::New<spawn>(env);
	exports["queue"] = Napi::Function::New<queue>(env);
	exports["submit"] = Napi::Function::New<submit>(env);
	exports["notifyFd"] = Napi::Function::New<notify_fd>(env);
	exports["prespawn"] = Napi::Function::New<prespawn>(env);
	exports["prespawnExec"] = Napi::Function::New<prespawn_exec>(env);
	exports["eventfd"] = Napi::Function::New<eventfd>(env);
	exports["inheritedHash"] = Napi::Function::New<inherited_hash>(env);
	exports["explain"] = Napi::Function::New<explain>(env);
	exports["kill"] = Napi::Function::New<kill>(env);
	exports["reap"] = Napi::Function::New<reap>(env);
	exports["read"] = Napi::Function::New<read>(env);
	exports["write"] = Napi::Function::New<write>(env);
	exports["hungUp"] = Napi::Function::New<hung_up>(env);
	exports["close"] = Napi::Function::New<disown<rs_close>>(env);
	exports["send"] = Napi::Function::New<send>(env);
	exports["shutdownWrite"] = Napi::Function::New<disown<rs_shutdown_write>>(env);
	exports["shutdownRead"] = Napi::Function::New<disown<rs_shutdown_read>>(env);
	exports["release"] = Napi::Function::New<disown<rs_release>>(env);
	exports["watch"] = Napi::Function::New<watch>(env);
	exports["forget"] = Napi::Function::New<forget>(env);
	exports["take"] = Napi::Function::New<take>(env);
	exports["ref"] = Napi::Function::New<ref>(env);
	exports["unref"] = Napi::Function::New<unref>(env);
	return exports;
}

NODE_API_MODULE(engine, init)

} /* namespace */
