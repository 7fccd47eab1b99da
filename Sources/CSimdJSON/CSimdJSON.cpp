#include "CSimdJSON.h"

#include <cstring>
#include <new>
#include <simdjson.h>
#include <string_view>
#include <type_traits>

using namespace simdjson;

struct larder_json_document {
    dom::document document;
};

namespace {

// simdjson's handles are two plain words; Swift carries them as such.
template <typename Handle> larder_json_value packed(const Handle &handle) {
    static_assert(std::is_trivially_copyable<Handle>::value, "must be plain words");
    static_assert(sizeof(Handle) == sizeof(larder_json_value), "must be two words");
    larder_json_value value;
    std::memcpy(&value, &handle, sizeof value);
    return value;
}

template <typename Handle> Handle unpacked(larder_json_value value) {
    static_assert(std::is_trivially_copyable<Handle>::value, "must be plain words");
    static_assert(sizeof(Handle) == sizeof(larder_json_value), "must be two words");
    Handle handle;
    std::memcpy(static_cast<void *>(&handle), &value, sizeof value);
    return handle;
}

larder_json_text text(std::string_view view) {
    return {reinterpret_cast<const uint8_t *>(view.data()), view.size()};
}

} // namespace

larder_json_document *larder_json_parse(const uint8_t *bytes, size_t count, size_t depth, int *code) {
    auto *result = new (std::nothrow) larder_json_document;
    if (!result) {
        *code = MEMALLOC;
        return nullptr;
    }
    dom::parser parser;
    error_code error = parser.allocate(count < 64 ? 64 : count, depth);
    if (!error) { error = parser.parse_into_document(result->document, bytes, count).error(); }
    *code = error;
    if (!error) { return result; }
    delete result;
    return nullptr;
}

void larder_json_free(larder_json_document *document) { delete document; }

const char *larder_json_message(int code) { return error_message(static_cast<error_code>(code)); }

larder_json_value larder_json_root(const larder_json_document *document) { return packed(document->document.root()); }

larder_json_kind larder_json_kind_of(larder_json_value value) {
    switch (unpacked<dom::element>(value).type()) {
    case dom::element_type::ARRAY: return larder_json_array;
    case dom::element_type::OBJECT: return larder_json_object;
    case dom::element_type::INT64: return larder_json_signed;
    case dom::element_type::UINT64: return larder_json_unsigned;
    case dom::element_type::DOUBLE: return larder_json_double;
    case dom::element_type::STRING: return larder_json_string;
    case dom::element_type::BOOL: return larder_json_bool;
    default: return larder_json_null;
    }
}

bool larder_json_get_bool(larder_json_value value) {
    bool result = false;
    (void)unpacked<dom::element>(value).get_bool().get(result);
    return result;
}

uint64_t larder_json_get_unsigned(larder_json_value value) {
    uint64_t result = 0;
    (void)unpacked<dom::element>(value).get_uint64().get(result);
    return result;
}

int64_t larder_json_get_signed(larder_json_value value) {
    int64_t result = 0;
    (void)unpacked<dom::element>(value).get_int64().get(result);
    return result;
}

double larder_json_get_double(larder_json_value value) {
    double result = 0;
    (void)unpacked<dom::element>(value).get_double().get(result);
    return result;
}

larder_json_text larder_json_get_string(larder_json_value value) {
    std::string_view result;
    (void)unpacked<dom::element>(value).get_string().get(result);
    return text(result);
}

size_t larder_json_count(larder_json_value value) {
    const auto element = unpacked<dom::element>(value);
    dom::array array;
    if (!element.get_array().get(array)) { return array.size(); }
    dom::object object;
    if (!element.get_object().get(object)) { return object.size(); }
    return 0;
}

bool larder_json_member(larder_json_value value, const uint8_t *key, size_t count, larder_json_value *member) {
    dom::object object;
    if (unpacked<dom::element>(value).get_object().get(object)) { return false; }
    dom::element element;
    const std::string_view name(reinterpret_cast<const char *>(key), count);
    if (object.at_key(name).get(element)) { return false; }
    *member = packed(element);
    return true;
}

larder_json_cursor larder_json_elements(larder_json_value value) {
    dom::array array;
    if (unpacked<dom::element>(value).get_array().get(array)) { return {}; }
    return {packed(array.begin()), packed(array.end())};
}

bool larder_json_next_element(larder_json_cursor *cursor, larder_json_value *element) {
    if (std::memcmp(&cursor->next, &cursor->end, sizeof cursor->next) == 0) { return false; }
    auto iterator = unpacked<dom::array::iterator>(cursor->next);
    *element = packed(*iterator);
    ++iterator;
    cursor->next = packed(iterator);
    return true;
}

larder_json_cursor larder_json_members(larder_json_value value) {
    dom::object object;
    if (unpacked<dom::element>(value).get_object().get(object)) { return {}; }
    return {packed(object.begin()), packed(object.end())};
}

bool larder_json_next_member(larder_json_cursor *cursor, larder_json_text *key, larder_json_value *member) {
    if (std::memcmp(&cursor->next, &cursor->end, sizeof cursor->next) == 0) { return false; }
    auto iterator = unpacked<dom::object::iterator>(cursor->next);
    *key = text(iterator.key());
    *member = packed(iterator.value());
    ++iterator;
    cursor->next = packed(iterator);
    return true;
}

size_t larder_json_padding(void) { return SIMDJSON_PADDING; }
