// What toml++'s assertions become: errors, since malformed input sets them off.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <type_traits>
#include <utility>

namespace larder {

// An assertion that did not hold, and where the parser stood; line 0 where that is not known.
struct assertion_failure : std::exception {
    const char *words;
    uint32_t line = 0;
    uint32_t column = 0;

    explicit assertion_failure(const char *the_words) : words(the_words) {}
    const char *what() const noexcept override { return words; }
};

// What the names below are outside of the parser.
struct nothing {};

template <typename T, typename = void> struct has_position : std::false_type {};
template <typename T> struct has_position<T, std::void_t<decltype(std::declval<T>()->position.line)>> : std::true_type {};

template <typename T, typename = void> struct has_size : std::false_type {};
template <typename T> struct has_size<T, std::void_t<decltype(std::declval<T>().size())>> : std::true_type {};

template <typename Codepoint> [[noreturn]] void fail(const char *words, const Codepoint &codepoint) {
    assertion_failure failure(words);
    if constexpr (has_position<const Codepoint &>::value) {
        if (codepoint) {
            failure.line = codepoint->position.line;
            failure.column = codepoint->position.column;
        }
    }
    throw failure;
}

// Requires what an assertion says, and that no key has more parts than are allowed: the library bounds the nesting of
// values, but not that of tables which a dotted key makes, and frees them by recursion.
template <size_t KeyLimit, typename Codepoint, typename Keys>
constexpr void require(bool holds, const Codepoint &codepoint, const Keys &keys) {
    if (!holds) { fail("it is malformed here", codepoint); }
    if constexpr (has_size<const Keys &>::value) {
        if (keys.size() > KeyLimit) { fail("the key has too many parts", codepoint); }
    } else {
        (void)keys;
    }
}

} // namespace larder

// The parser's members of these names, its current code point and the parts of the key that it reads, stand before
// these in assertions within it.
[[maybe_unused]] static constexpr larder::nothing cp{};
[[maybe_unused]] static constexpr larder::nothing key_buffer{};
