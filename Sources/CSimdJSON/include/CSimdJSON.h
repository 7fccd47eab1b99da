// The part of simdjson that Larder uses, as C. No exception leaves these functions.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// A parsed document: simdjson's tape and strings. Never changes after parsing, so any thread may read it.
typedef struct larder_json_document larder_json_document;

// A place on the tape: a dom::element, or the position of an iterator.
typedef struct {
    uintptr_t words[2];
} larder_json_value;

typedef struct {
    const uint8_t *bytes;
    size_t count;
} larder_json_text;

typedef enum {
    larder_json_null,
    larder_json_bool,
    larder_json_unsigned,
    larder_json_signed,
    larder_json_double,
    larder_json_string,
    larder_json_array,
    larder_json_object,
} larder_json_kind;

// Parses bytes (copied; no padding needed). Returns NULL and a code of simdjson when they are not JSON, or nest deeper
// than depth.
larder_json_document *larder_json_parse(const uint8_t *bytes, size_t count, size_t depth, int *code);
void larder_json_free(larder_json_document *document);
// The text of a code, valid forever.
const char *larder_json_message(int code);
larder_json_value larder_json_root(const larder_json_document *document);

larder_json_kind larder_json_kind_of(larder_json_value value);
// Each of these is to be called for a value of its kind only.
bool larder_json_get_bool(larder_json_value value);
uint64_t larder_json_get_unsigned(larder_json_value value);
int64_t larder_json_get_signed(larder_json_value value);
double larder_json_get_double(larder_json_value value);
larder_json_text larder_json_get_string(larder_json_value value);
// The number of elements or members; simdjson counts no further than 16777215.
size_t larder_json_count(larder_json_value value);
// The first member of that name; false when there is none.
bool larder_json_member(larder_json_value object, const uint8_t *key, size_t count, larder_json_value *member);

// Walking over an array or an object: next is moved on, and false is returned at the end.
typedef struct {
    larder_json_value next;
    larder_json_value end;
} larder_json_cursor;

larder_json_cursor larder_json_elements(larder_json_value array);
bool larder_json_next_element(larder_json_cursor *cursor, larder_json_value *element);
larder_json_cursor larder_json_members(larder_json_value object);
bool larder_json_next_member(larder_json_cursor *cursor, larder_json_text *key, larder_json_value *member);

// The list of all projects of an index, read without a tape (simdjson's on-demand interface).
typedef struct {
    larder_json_text name; // bytes is NULL when the entry has no name that is a string; valid during the call only
    uint64_t serial;
    bool has_serial;
    larder_json_text content; // bytes is NULL when the entry has no _content-sha256 that is a string; as name
} larder_json_project;

// Returns false to stop.
typedef bool (*larder_json_project_body)(void *context, const larder_json_project *project);

typedef struct {
    char api_version[16]; // ends in NUL; empty when absent or longer
    uint64_t serial;
    bool has_serial;
    bool has_projects;
} larder_json_root_meta;

// Walks over the projects of a root list. The bytes must be readable up to count + larder_json_padding().
// Returns a code of simdjson, 0 for success; offset is where it stopped, SIZE_MAX when that is not known.
int larder_json_read_root_list(
    const uint8_t *bytes, size_t count, void *context, larder_json_project_body body, larder_json_root_meta *meta,
    size_t *offset
);
size_t larder_json_padding(void);

#ifdef __cplusplus
}
#endif
