#pragma once
#include <curl/curl.h>
#include <stddef.h>

// libcurl's functions with variable arguments, one for each type of argument, since Swift imports none of them, and
// the constants that are macros with casts. Types that libcurl cannot check at compile time are fixed here.

/// What libcurl calls with the bytes of a body, and with each line of a head.
typedef size_t (*larder_curl_function)(char *_Nullable bytes, size_t size, size_t count,
                                             void *_Nullable context);

CURLcode larder_curl_set_long(CURL *_Nonnull easy, CURLoption option, long value);
CURLcode larder_curl_set_offset(CURL *_Nonnull easy, CURLoption option, curl_off_t value);
CURLcode larder_curl_set_string(CURL *_Nonnull easy, CURLoption option, const char *_Nullable value);
CURLcode larder_curl_set_pointer(CURL *_Nonnull easy, CURLoption option, void *_Nullable value);
CURLcode larder_curl_set_function(CURL *_Nonnull easy, CURLoption option, larder_curl_function _Nonnull function);

/// Keeps the sockets of a handle from the programs that are started meanwhile: libcurl opens them without SOCK_CLOEXEC.
CURLcode larder_curl_keep_sockets(CURL *_Nonnull easy);

CURLcode larder_curl_get_long(CURL *_Nonnull easy, CURLINFO info, long *_Nonnull value);
CURLcode larder_curl_get_offset(CURL *_Nonnull easy, CURLINFO info, curl_off_t *_Nonnull value);
CURLcode larder_curl_get_string(CURL *_Nonnull easy, CURLINFO info, const char *_Nullable *_Nonnull value);
CURLcode larder_curl_get_pointer(CURL *_Nonnull easy, CURLINFO info, void *_Nullable *_Nonnull value);

/// The header field of the last response after `last`, or the first one; NULL when there is none. Valid until the handle
/// is used again.
struct curl_header *_Nullable larder_curl_next_header(CURL *_Nonnull easy, struct curl_header *_Nullable last);

CURLMcode larder_curl_multi_set_long(CURLM *_Nonnull multi, CURLMoption option, long value);
CURLSHcode larder_curl_share(CURLSH *_Nonnull share, curl_lock_data data);

long larder_curl_auth_basic(void);
long larder_curl_auth_bearer(void);
