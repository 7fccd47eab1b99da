#include "CSimdJSON.h"

#include <algorithm>
#include <cstring>
#include <simdjson.h>
#include <string_view>
#include <utility>

using namespace simdjson;

namespace {

// A serial is an integer, or (in trees of bandersnatch) a string of digits; anything else is no serial.
error_code read_serial(ondemand::value value, uint64_t &serial, bool &present) {
    present = false;
    ondemand::json_type type;
    SIMDJSON_TRY(value.type().get(type));
    if (type == ondemand::json_type::number) {
        present = value.get_uint64().get(serial) == SUCCESS;
    } else if (type == ondemand::json_type::string) {
        std::string_view digits;
        SIMDJSON_TRY(value.get_string().get(digits));
        const bool all_digits = std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
        if (digits.empty() || digits.size() > 19 || !all_digits) { return SUCCESS; }
        serial = 0;
        for (const char digit : digits) { serial = serial * 10 + static_cast<uint64_t>(digit - '0'); }
        present = true;
    }
    return SUCCESS;
}

error_code read_meta(ondemand::value value, larder_json_root_meta &meta) {
    ondemand::json_type type;
    SIMDJSON_TRY(value.type().get(type));
    if (type != ondemand::json_type::object) { return SUCCESS; }
    ondemand::object object;
    SIMDJSON_TRY(value.get_object().get(object));
    for (auto result : object) {
        ondemand::field field;
        SIMDJSON_TRY(std::move(result).get(field));
        if (field.key() == std::string_view("api-version")) {
            std::string_view version;
            if (field.value().get_string().get(version) || version.size() >= sizeof meta.api_version) { continue; }
            std::memcpy(meta.api_version, version.data(), version.size());
            meta.api_version[version.size()] = 0;
        } else if (field.key() == std::string_view("_last-serial")) {
            SIMDJSON_TRY(read_serial(field.value(), meta.serial, meta.has_serial));
        }
    }
    return SUCCESS;
}

// Text is what a string says; anything else leaves it as it was.
error_code read_text(ondemand::value value, larder_json_text &text) {
    ondemand::json_type type;
    SIMDJSON_TRY(value.type().get(type));
    if (type != ondemand::json_type::string) { return SUCCESS; }
    std::string_view string;
    SIMDJSON_TRY(value.get_string().get(string));
    text = {reinterpret_cast<const uint8_t *>(string.data()), string.size()};
    return SUCCESS;
}

error_code read_project(ondemand::value value, larder_json_project &project) {
    project = {};
    ondemand::json_type type;
    SIMDJSON_TRY(value.type().get(type));
    if (type != ondemand::json_type::object) { return SUCCESS; }
    ondemand::object object;
    SIMDJSON_TRY(value.get_object().get(object));
    for (auto result : object) {
        ondemand::field field;
        SIMDJSON_TRY(std::move(result).get(field));
        if (field.key() == std::string_view("name")) {
            SIMDJSON_TRY(read_text(field.value(), project.name));
        } else if (field.key() == std::string_view("_content-sha256")) {
            SIMDJSON_TRY(read_text(field.value(), project.content));
        } else if (field.key() == std::string_view("_last-serial")) {
            SIMDJSON_TRY(read_serial(field.value(), project.serial, project.has_serial));
        }
    }
    return SUCCESS;
}

error_code read_list(
    ondemand::document &document, void *context, larder_json_project_body body, larder_json_root_meta &meta
) {
    ondemand::object object;
    SIMDJSON_TRY(document.get_object().get(object));
    for (auto result : object) {
        ondemand::field field;
        SIMDJSON_TRY(std::move(result).get(field));
        if (field.key() == std::string_view("meta")) {
            SIMDJSON_TRY(read_meta(field.value(), meta));
        } else if (field.key() == std::string_view("projects") && !meta.has_projects) {
            ondemand::array projects;
            SIMDJSON_TRY(field.value().get_array().get(projects));
            meta.has_projects = true;
            for (auto entry : projects) {
                ondemand::value value;
                SIMDJSON_TRY(std::move(entry).get(value));
                larder_json_project project;
                SIMDJSON_TRY(read_project(value, project));
                if (!body(context, &project)) { return SUCCESS; }
            }
        }
    }
    // Version 3.0 has no document::at_end(); past the end there is no location.
    const char *rest = nullptr;
    return document.current_location().get(rest) == OUT_OF_BOUNDS ? SUCCESS : TRAILING_CONTENT;
}

} // namespace

int larder_json_read_root_list(
    const uint8_t *bytes, size_t count, void *context, larder_json_project_body body, larder_json_root_meta *meta,
    size_t *offset
) {
    *meta = {};
    *offset = SIZE_MAX;
    ondemand::parser parser;
    ondemand::document document;
    error_code error = parser.iterate(bytes, count, count + SIMDJSON_PADDING).get(document);
    if (error) { return error; }
    error = read_list(document, context, body, *meta);
    if (error) {
        const char *location = nullptr;
        if (!document.current_location().get(location)) {
            const auto position = reinterpret_cast<const uint8_t *>(location) - bytes;
            if (position >= 0 && static_cast<size_t>(position) <= count) { *offset = static_cast<size_t>(position); }
        }
    }
    return error;
}
