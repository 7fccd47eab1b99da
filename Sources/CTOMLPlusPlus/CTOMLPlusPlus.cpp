#include "CTOMLPlusPlus.h"

#include "Library.h"

#include <cstdio>
#include <cstring>
#include <exception>
#include <new>
#include <string>
#include <string_view>

struct larder_toml_document {
    toml::table root;
};

namespace {

const toml::node &unpacked(const larder_toml_node *node) { return *reinterpret_cast<const toml::node *>(node); }

const larder_toml_node *packed(const toml::node &node) { return reinterpret_cast<const larder_toml_node *>(&node); }

larder_toml_text text(std::string_view view) {
    return {reinterpret_cast<const uint8_t *>(view.data()), view.size()};
}

larder_toml_position packed(const toml::source_position &position) { return {position.line, position.column}; }

// Where a text ends, for what was found wrong there.
larder_toml_position end(std::string_view document) {
    larder_toml_position position = {1, 1};
    for (const char byte : document) {
        if (byte == '\n') {
            position.line += 1;
            position.column = 1;
        } else if ((static_cast<unsigned char>(byte) & 0xC0) != 0x80) {
            position.column += 1;
        }
    }
    return position;
}

void set(larder_toml_error *error, larder_toml_position position, const char *words) {
    error->position = position;
    std::snprintf(error->message, sizeof error->message, "%s", words);
}

} // namespace

larder_toml_document *larder_toml_parse(const uint8_t *bytes, size_t count, larder_toml_error *error) {
    const std::string_view document(count ? reinterpret_cast<const char *>(bytes) : "", count);
    try {
        return new larder_toml_document{toml::parse(document)};
    } catch (const toml::parse_error &failure) {
        set(error, packed(failure.source().begin), failure.what());
    } catch (const larder::assertion_failure &failure) {
        set(error, failure.line ? larder_toml_position{failure.line, failure.column} : end(document), failure.what());
    } catch (const std::exception &failure) {
        set(error, {1, 1}, failure.what());
    } catch (...) {
        set(error, {1, 1}, "it cannot be read");
    }
    return nullptr;
}

void larder_toml_free(larder_toml_document *document) { delete document; }

const larder_toml_node *larder_toml_root(const larder_toml_document *document) { return packed(document->root); }

larder_toml_kind larder_toml_kind_of(const larder_toml_node *node) {
    switch (unpacked(node).type()) {
    case toml::node_type::table: return larder_toml_table;
    case toml::node_type::array: return larder_toml_array;
    case toml::node_type::integer: return larder_toml_integer;
    case toml::node_type::floating_point: return larder_toml_float;
    case toml::node_type::boolean: return larder_toml_bool;
    case toml::node_type::date: return larder_toml_date;
    case toml::node_type::time: return larder_toml_time;
    case toml::node_type::date_time: return larder_toml_date_time;
    default: return larder_toml_string;
    }
}

larder_toml_position larder_toml_position_of(const larder_toml_node *node) {
    return packed(unpacked(node).source().begin);
}

larder_toml_text larder_toml_get_string(const larder_toml_node *node) {
    const auto *value = unpacked(node).as_string();
    return value ? text(value->get()) : text("");
}

int64_t larder_toml_get_integer(const larder_toml_node *node) {
    const auto *value = unpacked(node).as_integer();
    return value ? value->get() : 0;
}

double larder_toml_get_float(const larder_toml_node *node) {
    const auto *value = unpacked(node).as_floating_point();
    return value ? value->get() : 0;
}

bool larder_toml_get_bool(const larder_toml_node *node) {
    const auto *value = unpacked(node).as_boolean();
    return value && value->get();
}

larder_toml_moment larder_toml_get_moment(const larder_toml_node *node) {
    toml::date_time moment{};
    if (const auto *value = unpacked(node).as_date_time()) {
        moment = value->get();
    } else if (const auto *date = unpacked(node).as_date()) {
        moment.date = date->get();
    } else if (const auto *time = unpacked(node).as_time()) {
        moment.time = time->get();
    }
    return {
        moment.date.year, moment.date.month, moment.date.day,
        moment.time.hour, moment.time.minute, moment.time.second, moment.time.nanosecond,
        moment.offset.has_value(), moment.offset ? moment.offset->minutes : int16_t{0},
    };
}

size_t larder_toml_count(const larder_toml_node *node) {
    if (const auto *array = unpacked(node).as_array()) { return array->size(); }
    if (const auto *table = unpacked(node).as_table()) { return table->size(); }
    return 0;
}

const larder_toml_node *larder_toml_element(const larder_toml_node *node, size_t index) {
    const auto *array = unpacked(node).as_array();
    const auto *element = array ? array->get(index) : nullptr;
    return element ? packed(*element) : nullptr;
}

const larder_toml_node *larder_toml_member(
    const larder_toml_node *node, const uint8_t *key, size_t count, larder_toml_position *position
) {
    const auto *table = unpacked(node).as_table();
    if (!table) { return nullptr; }
    const auto member = table->find(std::string_view(count ? reinterpret_cast<const char *>(key) : "", count));
    if (member == table->end()) { return nullptr; }
    *position = packed(member->first.source().begin);
    return packed(member->second);
}

void larder_toml_each_member(const larder_toml_node *node, void *context, larder_toml_member_body body) {
    const auto *table = unpacked(node).as_table();
    if (!table) { return; }
    for (const auto &member : *table) {
        body(context, text(member.first.str()), packed(member.first.source().begin), packed(member.second));
    }
}
