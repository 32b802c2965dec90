// Shapes: C++ types described at run time, so that each codec is written once over descriptions instead of once per
// type.
//
// Generated AWS structs and the rows of our own tables are plain structs. Beside each stands a table of Members
// (offset, wire name, constraints). `shape_of<T>()` gives the Shape of any supported T:
//   std::string, bool, int32_t, int64_t, double, Blob, Timestamp, Document, std::vector<T>, std::map<std::string, T>,
//   and structs that have a `static const Shape& shape()`; a Member may be `T` or `std::optional<T>`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "stratus/core/clock.h"

namespace stratus {

/// Bytes that travel as base64 in JSON, XML and query, raw in CBOR and payloads.
struct Blob {
  std::string bytes;
  bool operator==(const Blob&) const = default;
};

/// Any JSON value, kept as its text.
struct Document {
  std::string json;
  bool operator==(const Document&) const = default;
};

enum class Kind : std::uint8_t {
  string,
  boolean,
  int32,
  int64,
  float64,
  blob,
  timestamp,
  document,
  list,
  map,
  structure
};

/// Where a member travels in an HTTP-bound protocol (restXml, restJson); `body` everywhere else.
enum class Location : std::uint8_t { body, header, headers, querystring, uri, status_code };

enum class TimestampFormat : std::uint8_t { unset, iso8601, rfc822, unix_seconds };

struct Shape;

/// What the model demands of a value. Lengths count code points of strings, bytes of blobs, elements of lists and maps.
struct Constraints {
  std::optional<double> min{};
  std::optional<double> max{};
  const char* pattern = nullptr;  ///< as the model writes it; codecs match only what RE2-like syntax covers
  std::span<const std::string_view> values{};  ///< an enum's values; empty where any is allowed
};

struct Member {
  const char* name;             ///< the model's name ("clusterName")
  const char* wire;             ///< the name on the wire: locationName where the model has one, else `name`
  const char* query = nullptr;  ///< EC2's queryName, or null
  std::size_t offset = 0;
  const Shape& (*shape)() = nullptr;
  bool optional = true;  ///< the C++ member is std::optional<T>
  bool required = false;
  bool flattened = false;  ///< a list or map whose elements are not wrapped
  bool payload = false;    ///< the whole HTTP body
  bool xml_attribute = false;
  bool idempotency_token = false;
  Location location = Location::body;
  TimestampFormat timestamp_format = TimestampFormat::unset;
  const char* element = nullptr;        ///< a list's element name ("member" where null), a map's value name ("value")
  const char* map_key = nullptr;        ///< a map's key name ("key" where null)
  const char* xml_namespace = nullptr;  ///< written as xmlns on the element
  const char* xml_prefix = nullptr;     ///< with it: xmlns:<prefix>
  const Constraints* constraints = nullptr;
  const Constraints* element_constraints = nullptr;  ///< of a list's elements, a map's values
};

/// Operations on a value of one C++ type behind a pointer. `container` is a vector or a map, `slot` a std::optional of
/// it.
struct Shape {
  Kind kind = Kind::structure;
  const char* name = "";                                    ///< a structure's name in its model
  std::span<const Member> members{};                        ///< of a structure
  const Shape& (*element)() = nullptr;                      ///< of a list, of a map's values
  const void* (*get_optional)(const void* slot) = nullptr;  ///< null where it is empty
  void* (*emplace_optional)(void* slot) = nullptr;
  std::size_t (*size)(const void* container) = nullptr;
  void* (*append)(void* list) = nullptr;  ///< a new last element
  const void* (*at)(const void* list, std::size_t index) = nullptr;
  void* (*insert)(void* map, const std::string& key) = nullptr;
  void (*each)(const void* map, const std::function<void(const std::string&, const void*)>& visit) = nullptr;
  void* (*create)() = nullptr;
  void (*destroy)(void*) = nullptr;

  const Member* find_wire(std::string_view wire) const;
};

/// The value of `member` inside the structure at `object`, or null where it is an empty optional.
inline const void* member_value(const Member& member, const void* object) {
  const void* slot = static_cast<const char*>(object) + member.offset;
  return member.optional ? member.shape().get_optional(slot) : slot;
}

/// The value of `member` made present.
inline void* member_emplace(const Member& member, void* object) {
  void* slot = static_cast<char*>(object) + member.offset;
  return member.optional ? member.shape().emplace_optional(slot) : slot;
}

template <class T>
const Shape& shape_of();

namespace shape_detail {

template <class T>
void fill_common(Shape& shape) {
  shape.get_optional = [](const void* slot) -> const void* {
    const auto& value = *static_cast<const std::optional<T>*>(slot);
    return value ? &*value : nullptr;
  };
  shape.emplace_optional = [](void* slot) -> void* { return &static_cast<std::optional<T>*>(slot)->emplace(); };
  shape.create = []() -> void* { return new T(); };
  shape.destroy = [](void* value) { delete static_cast<T*>(value); };
}

template <class T>
struct Of {
  static const Shape& get() { return T::shape(); }
};

template <class T, Kind K>
struct Scalar {
  static const Shape& get() {
    static const Shape shape = [] {
      Shape s;
      s.kind = K;
      fill_common<T>(s);
      return s;
    }();
    return shape;
  }
};
template <>
struct Of<std::string> : Scalar<std::string, Kind::string> {};
template <>
struct Of<bool> : Scalar<bool, Kind::boolean> {};
template <>
struct Of<std::int32_t> : Scalar<std::int32_t, Kind::int32> {};
template <>
struct Of<std::int64_t> : Scalar<std::int64_t, Kind::int64> {};
template <>
struct Of<double> : Scalar<double, Kind::float64> {};
template <>
struct Of<Blob> : Scalar<Blob, Kind::blob> {};
template <>
struct Of<Timestamp> : Scalar<Timestamp, Kind::timestamp> {};
template <>
struct Of<Document> : Scalar<Document, Kind::document> {};

template <class T>
void fill_list(Shape& s) {
  using List = std::vector<T>;
  s.kind = Kind::list;
  fill_common<List>(s);
  s.element = &shape_of<T>;
  s.size = [](const void* list) { return static_cast<const List*>(list)->size(); };
  s.append = [](void* list) -> void* { return &static_cast<List*>(list)->emplace_back(); };
  s.at = [](const void* list, std::size_t i) -> const void* { return &(*static_cast<const List*>(list))[i]; };
}

template <class T>
void fill_map(Shape& s) {
  using Map = std::map<std::string, T>;
  s.kind = Kind::map;
  fill_common<Map>(s);
  s.element = &shape_of<T>;
  s.size = [](const void* map) { return static_cast<const Map*>(map)->size(); };
  s.insert = [](void* map, const std::string& key) -> void* { return &(*static_cast<Map*>(map))[key]; };
  s.each = [](const void* map, const std::function<void(const std::string&, const void*)>& visit) {
    for (const auto& [key, value] : *static_cast<const Map*>(map)) visit(key, &value);
  };
}

template <class T>
struct Of<std::vector<T>> {
  static_assert(!std::is_same_v<T, bool>, "std::vector<bool> has no addressable elements");
  static const Shape& get() {
    static const Shape shape = [] {
      Shape s;
      fill_list<T>(s);
      return s;
    }();
    return shape;
  }
};

template <class T>
struct Of<std::map<std::string, T>> {
  static const Shape& get() {
    static const Shape shape = [] {
      Shape s;
      fill_map<T>(s);
      return s;
    }();
    return shape;
  }
};

template <class T>
struct Unwrap {
  using type = T;
  static constexpr bool optional = false;
};
template <class T>
struct Unwrap<std::optional<T>> {
  using type = T;
  static constexpr bool optional = true;
};

template <class T>
Member row_member(const char* name, std::size_t offset) {
  Member member{name, name};
  member.offset = offset;
  member.shape = &shape_of<typename Unwrap<T>::type>;
  member.optional = Unwrap<T>::optional;
  return member;
}

template <class T>
Shape structure(const char* name, std::span<const Member> members) {
  Shape s;
  s.kind = Kind::structure;
  s.name = name;
  s.members = members;
  fill_common<T>(s);
  return s;
}

}  // namespace shape_detail

template <class T>
const Shape& shape_of() {
  return shape_detail::Of<T>::get();
}

}  // namespace stratus

#define STRATUS_SHAPE_MEMBER_(field) \
  ::stratus::shape_detail::row_member<decltype(Self::field)>(#field, offsetof(Self, field)),
#define STRATUS_PARENS_ ()
#define STRATUS_EXPAND_(...) STRATUS_EXPAND3_(STRATUS_EXPAND3_(STRATUS_EXPAND3_(STRATUS_EXPAND3_(__VA_ARGS__))))
#define STRATUS_EXPAND3_(...) STRATUS_EXPAND2_(STRATUS_EXPAND2_(STRATUS_EXPAND2_(STRATUS_EXPAND2_(__VA_ARGS__))))
#define STRATUS_EXPAND2_(...) STRATUS_EXPAND1_(STRATUS_EXPAND1_(STRATUS_EXPAND1_(STRATUS_EXPAND1_(__VA_ARGS__))))
#define STRATUS_EXPAND1_(...) __VA_ARGS__
#define STRATUS_EACH_(macro, ...) __VA_OPT__(STRATUS_EXPAND_(STRATUS_EACH_NEXT_(macro, __VA_ARGS__)))
#define STRATUS_EACH_NEXT_(macro, first, ...) \
  macro(first) __VA_OPT__(STRATUS_EACH_AGAIN_ STRATUS_PARENS_(macro, __VA_ARGS__))
#define STRATUS_EACH_AGAIN_() STRATUS_EACH_NEXT_

/// Inside a struct of our own: `STRATUS_SHAPE(Vpc, vpc_id, cidr_block, tags)` names the fields that are stored. A field
/// added later needs no migration: rows without it read back with its default.
#define STRATUS_SHAPE(Type, ...)                                                                              \
  static const ::stratus::Shape& shape() {                                                                    \
    using Self = Type;                                                                                        \
    _Pragma("GCC diagnostic push")                                                                            \
        _Pragma("GCC diagnostic ignored \"-Winvalid-offsetof\"") static const ::stratus::Member members[] = { \
            STRATUS_EACH_(STRATUS_SHAPE_MEMBER_, __VA_ARGS__)};                                               \
    _Pragma("GCC diagnostic pop") static const ::stratus::Shape shape =                                       \
        ::stratus::shape_detail::structure<Self>(#Type, members);                                             \
    return shape;                                                                                             \
  }
