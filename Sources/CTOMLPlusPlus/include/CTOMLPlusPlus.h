// The part of toml++ that Larder uses, as C. No exception leaves these functions, and no assertion ends the process.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// A parsed document: toml++'s tree. Never changes after parsing, so any thread may read it.
typedef struct larder_toml_document larder_toml_document;

// A value in a document: a toml::node. It lives as long as the document.
typedef struct larder_toml_node larder_toml_node;

typedef struct {
    const uint8_t *bytes;
    size_t count;
} larder_toml_text;

// Counted from 1; columns are code points.
typedef struct {
    uint32_t line;
    uint32_t column;
} larder_toml_position;

typedef enum {
    larder_toml_table,
    larder_toml_array,
    larder_toml_string,
    larder_toml_integer,
    larder_toml_float,
    larder_toml_bool,
    larder_toml_date,
    larder_toml_time,
    larder_toml_date_time,
} larder_toml_kind;

typedef struct {
    larder_toml_position position;
    char message[512]; // ends in NUL; may be cut off within a character
} larder_toml_error;

// Parses bytes, which need live during the call only. Returns NULL and an error when they are not TOML 1.0 in UTF-8,
// nest values deeper than larder_toml_value_limit, or have a key of more than larder_toml_key_limit parts.
larder_toml_document *larder_toml_parse(const uint8_t *bytes, size_t count, larder_toml_error *error);
void larder_toml_free(larder_toml_document *document);
const larder_toml_node *larder_toml_root(const larder_toml_document *document);

enum {
    larder_toml_value_limit = 64,
    larder_toml_key_limit = 32,
};

larder_toml_kind larder_toml_kind_of(const larder_toml_node *node);
// Where the value starts: for a table of a header the header, for one of a dotted key that part of the key.
larder_toml_position larder_toml_position_of(const larder_toml_node *node);

// Each of these is to be called for a value of its kind only.
larder_toml_text larder_toml_get_string(const larder_toml_node *node);
int64_t larder_toml_get_integer(const larder_toml_node *node);
double larder_toml_get_float(const larder_toml_node *node);
bool larder_toml_get_bool(const larder_toml_node *node);

typedef struct {
    uint16_t year;
    uint8_t month;
    uint8_t day;
    uint8_t hour;
    uint8_t minute;
    uint8_t second;
    uint32_t nanosecond;
    bool has_offset;
    int16_t offset; // in minutes
} larder_toml_moment;

// For a date, a time, or both; what the kind does not have is 0.
larder_toml_moment larder_toml_get_moment(const larder_toml_node *node);

// The number of elements or members; 0 for other kinds.
size_t larder_toml_count(const larder_toml_node *node);
// The element of an array; NULL past its end.
const larder_toml_node *larder_toml_element(const larder_toml_node *array, size_t index);
// The member of that name and where its key stands first; NULL when there is none.
const larder_toml_node *larder_toml_member(
    const larder_toml_node *table, const uint8_t *key, size_t count, larder_toml_position *position
);

typedef void (*larder_toml_member_body)(
    void *context, larder_toml_text key, larder_toml_position position, const larder_toml_node *value
);
// Calls body for each member of a table, in the order of the keys' bytes.
void larder_toml_each_member(const larder_toml_node *table, void *context, larder_toml_member_body body);

#ifdef __cplusplus
}
#endif
