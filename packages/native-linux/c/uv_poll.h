/*
 * What is used of libuv, which Node brings along. These functions and numbers have been part of its
 * ABI since version 1.19; handles are opaque here, and libuv says how large they are. Its own
 * header would be that of one version of Node.
 */
#ifndef RS_UV_POLL_H
#define RS_UV_POLL_H

#include <cstddef>

struct uv_loop_s;
struct uv_handle_s;

extern "C" {
size_t uv_handle_size(int type);
void *uv_handle_get_data(const uv_handle_s *handle);
void uv_handle_set_data(uv_handle_s *handle, void *data);
void uv_ref(uv_handle_s *handle);
void uv_unref(uv_handle_s *handle);
void uv_close(uv_handle_s *handle, void (*closed)(uv_handle_s *));
int uv_poll_init(uv_loop_s *loop, uv_handle_s *poll, int fd);
int uv_poll_start(uv_handle_s *poll, int events, void (*ready)(uv_handle_s *, int, int));
int uv_poll_stop(uv_handle_s *poll);
}

constexpr int UV_POLL = 8;
constexpr int UV_READABLE = 1;

#endif
