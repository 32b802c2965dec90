// Shapes by hand for the tests of the protocols: each stands for one of the models that Smithy's published protocol
// tests use.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "stratus/core/operation.h"
#include "stratus/core/shape_json.h"
#include "stratus/wire/codec.h"

#pragma GCC diagnostic ignored "-Winvalid-offsetof"

namespace stratus::wire::vectors {

template <class T>
using Maybe = std::optional<T>;
using Strings = std::vector<std::string>;
using StringMap = std::map<std::string, std::string>;

/// A Member of `Type`'s field, ready for designated changes: `named("wire")`, `.flattened = true` and so on.
struct Field : Member {
  Field wired(const char* wire_name) const {
    return with([&](Field& f) { f.wire = wire_name; });
  }
  Field queried(const char* query_name) const {
    return with([&](Field& f) { f.query = query_name; });
  }
  Field flat() const {
    return with([](Field& f) { f.flattened = true; });
  }
  Field elements(const char* value_name, const char* key_name = nullptr) const {
    return with([&](Field& f) { f.element = value_name, f.map_key = key_name; });
  }
  Field at(Location where) const {
    return with([&](Field& f) { f.location = where; });
  }
  Field body() const {
    return with([](Field& f) { f.payload = true; });
  }
  Field attribute() const {
    return with([](Field& f) { f.xml_attribute = true; });
  }
  Field space(const char* uri, const char* prefix = nullptr) const {
    return with([&](Field& f) { f.xml_namespace = uri, f.xml_prefix = prefix; });
  }
  Field format(TimestampFormat wanted) const {
    return with([&](Field& f) { f.timestamp_format = wanted; });
  }
  Field must() const {
    return with([](Field& f) { f.required = true; });
  }
  Field limited(const Constraints* own, const Constraints* of_elements = nullptr) const {
    return with([&](Field& f) { f.constraints = own, f.element_constraints = of_elements; });
  }

 private:
  template <class Change>
  Field with(Change&& change) const {
    Field copy = *this;
    change(copy);
    return copy;
  }
};

#define VECTOR_FIELD(name) \
  Field { shape_detail::row_member<decltype(Self::name)>(#name, offsetof(Self, name)) }
#define VECTOR_SHAPE(Type, ...)                                               \
  static const Shape& shape() {                                               \
    using Self = Type;                                                        \
    static const std::vector<Member> members = {__VA_ARGS__};                 \
    static const Shape shape = shape_detail::structure<Self>(#Type, members); \
    return shape;                                                             \
  }

struct Empty {
  VECTOR_SHAPE(Empty, )
};

struct Greeting {
  Maybe<std::string> hi;
  VECTOR_SHAPE(Greeting, VECTOR_FIELD(hi))
};

struct Pair {
  Maybe<std::string> a, b;
  VECTOR_SHAPE(Pair, VECTOR_FIELD(a).wired("value"), VECTOR_FIELD(b).wired("other"))
};

/// Scalars, nesting, recursion: awsJson, CBOR.
struct Sink {
  Maybe<std::string> text;
  Maybe<std::int32_t> integer;
  Maybe<std::int64_t> wide;
  Maybe<double> number;
  Maybe<bool> flag;
  Maybe<Blob> blob;
  Maybe<Timestamp> time;
  Maybe<Strings> strings;
  Maybe<std::vector<Strings>> nested;
  Maybe<std::vector<Blob>> blobs;
  Maybe<std::vector<Timestamp>> times;
  Maybe<StringMap> map;
  Maybe<std::map<std::string, Strings>> lists;
  Maybe<std::map<std::string, Greeting>> greetings;
  Maybe<Pair> pair;
  Maybe<Empty> empty;
  Maybe<std::vector<Sink>> recursive;
  VECTOR_SHAPE(Sink, VECTOR_FIELD(text), VECTOR_FIELD(integer), VECTOR_FIELD(wide), VECTOR_FIELD(number),
               VECTOR_FIELD(flag), VECTOR_FIELD(blob), VECTOR_FIELD(time), VECTOR_FIELD(strings), VECTOR_FIELD(nested),
               VECTOR_FIELD(blobs), VECTOR_FIELD(times), VECTOR_FIELD(map), VECTOR_FIELD(lists),
               VECTOR_FIELD(greetings), VECTOR_FIELD(pair), VECTOR_FIELD(empty), VECTOR_FIELD(recursive))
};

/// awsQuery and ec2Query: names as those protocols spell them.
struct Form {
  Maybe<std::string> foo;
  Maybe<std::string> query_named, both_named, wire_named;
  Maybe<bool> baz;
  Maybe<std::int32_t> bam;
  Maybe<double> boo;
  Maybe<Blob> qux;
  Maybe<Timestamp> when, epoch;
  Maybe<Strings> list, flat_list, renamed_list, flat_renamed;
  Maybe<std::vector<Greeting>> complex;
  Maybe<std::vector<Strings>> nested_list;
  Maybe<StringMap> map, renamed_map, flat_map, flat_renamed_map;
  Maybe<std::map<std::string, Greeting>> complex_map;
  Maybe<std::map<std::string, Strings>> map_of_lists;
  Maybe<Greeting> nested;
  Maybe<std::vector<Form>> again;
  VECTOR_SHAPE(Form, VECTOR_FIELD(foo).wired("Foo"), VECTOR_FIELD(query_named).wired("HasQueryName").queried("A"),
               VECTOR_FIELD(both_named).wired("IgnoreMe").queried("B"), VECTOR_FIELD(wire_named).wired("c"),
               VECTOR_FIELD(baz).wired("Baz"), VECTOR_FIELD(bam).wired("Bam"), VECTOR_FIELD(boo).wired("Boo"),
               VECTOR_FIELD(qux).wired("Qux"), VECTOR_FIELD(when).wired("NormalFormat"),
               VECTOR_FIELD(epoch).wired("EpochMember").format(TimestampFormat::unix_seconds),
               VECTOR_FIELD(list).wired("ListArg"), VECTOR_FIELD(flat_list).wired("FlattenedListArg").flat(),
               VECTOR_FIELD(renamed_list).wired("ListArgWithXmlNameMember").elements("item"),
               VECTOR_FIELD(flat_renamed).wired("Hi").flat(), VECTOR_FIELD(complex).wired("ComplexListArg"),
               VECTOR_FIELD(nested_list).wired("NestedList"), VECTOR_FIELD(map).wired("MapArg"),
               VECTOR_FIELD(renamed_map).wired("MapWithXmlMemberName").elements("V", "K"),
               VECTOR_FIELD(flat_map).wired("FlattenedMap").flat(),
               VECTOR_FIELD(flat_renamed_map).wired("KVP").flat().elements("V", "K"),
               VECTOR_FIELD(complex_map).wired("ComplexMapArg"), VECTOR_FIELD(map_of_lists).wired("MapOfLists"),
               VECTOR_FIELD(nested).wired("Nested"), VECTOR_FIELD(again).wired("Again"))
};

/// restXml: everything that HTTP binds.
struct Rest {
  Maybe<std::string> label;
  Maybe<std::string> query, header;
  Maybe<Strings> query_list, header_list;
  Maybe<std::vector<std::int32_t>> header_integers;
  Maybe<std::vector<Timestamp>> header_times;
  Maybe<Timestamp> header_time, header_epoch, query_time;
  Maybe<double> header_number;
  Maybe<bool> header_flag;
  Maybe<StringMap> prefixed;
  VECTOR_SHAPE(Rest, VECTOR_FIELD(label).wired("Label").at(Location::uri),
               VECTOR_FIELD(query).wired("q").at(Location::querystring),
               VECTOR_FIELD(header).wired("X-String").at(Location::header),
               VECTOR_FIELD(query_list).wired("l").at(Location::querystring),
               VECTOR_FIELD(header_list).wired("X-StringList").at(Location::header),
               VECTOR_FIELD(header_integers).wired("X-IntegerList").at(Location::header),
               VECTOR_FIELD(header_times).wired("X-TimestampList").at(Location::header),
               VECTOR_FIELD(header_time).wired("X-defaultFormat").at(Location::header),
               VECTOR_FIELD(header_epoch)
                   .wired("X-memberEpochSeconds")
                   .at(Location::header)
                   .format(TimestampFormat::unix_seconds),
               VECTOR_FIELD(query_time).wired("t").at(Location::querystring),
               VECTOR_FIELD(header_number).wired("X-Double").at(Location::header),
               VECTOR_FIELD(header_flag).wired("X-Boolean1").at(Location::header),
               VECTOR_FIELD(prefixed).wired("X-Foo-").at(Location::headers))
};

/// restXml bodies: lists, maps, attributes.
struct Xml {
  Maybe<std::string> attribute;
  Maybe<std::string> foo;
  Maybe<std::int32_t> number;
  Maybe<Strings> list, renamed, flat, flat_named;
  Maybe<std::vector<Strings>> nested;
  Maybe<std::vector<Pair>> structures;
  Maybe<std::map<std::string, Greeting>> map;
  Maybe<StringMap> flat_map;
  Maybe<Timestamp> time, epoch, http_date;
  Maybe<Greeting> spaced;
  VECTOR_SHAPE(Xml, VECTOR_FIELD(attribute).wired("test").attribute(), VECTOR_FIELD(foo), VECTOR_FIELD(number),
               VECTOR_FIELD(list), VECTOR_FIELD(renamed).elements("item"),
               VECTOR_FIELD(flat).wired("flattenedList").flat(), VECTOR_FIELD(flat_named).wired("customName").flat(),
               VECTOR_FIELD(nested), VECTOR_FIELD(structures).wired("myStructureList").elements("item"),
               VECTOR_FIELD(map).wired("myMap").elements("Setting", "Attribute"),
               VECTOR_FIELD(flat_map).wired("KVP").flat().elements("V", "K"), VECTOR_FIELD(time),
               VECTOR_FIELD(epoch).format(TimestampFormat::unix_seconds),
               VECTOR_FIELD(http_date).format(TimestampFormat::rfc822),
               VECTOR_FIELD(spaced).space("http://foo.com", "baz"))
};

struct BlobPayload {
  Maybe<std::string> foo;
  Maybe<Blob> blob;
  VECTOR_SHAPE(BlobPayload, VECTOR_FIELD(foo).wired("X-Foo").at(Location::header), VECTOR_FIELD(blob).body())
};

struct TextPayload {
  Maybe<std::string> text;
  VECTOR_SHAPE(TextPayload, VECTOR_FIELD(text).body())
};

struct StructurePayload {
  Maybe<Xml> nested;
  VECTOR_SHAPE(StructurePayload, VECTOR_FIELD(nested).wired("Hello").body())
};

struct Located {
  Maybe<std::string> place;
  VECTOR_SHAPE(Located, VECTOR_FIELD(place).wired("LocationConstraint"))
};

inline aws::ServiceModel service(aws::Protocol protocol, const char* name = "vectors") {
  aws::ServiceModel model{};
  model.name = name;
  model.protocol = protocol;
  model.json_version = "1.1";
  model.target_prefix = "Vectors";
  model.xml_namespace = "https://example.com/";
  return model;
}

template <class In, class Out = In>
aws::Operation operation(const char* name) {
  aws::Operation op{};
  op.name = name;
  op.input = &shape_of<In>;
  op.output = &shape_of<Out>;
  op.output_name = shape_of<Out>().name;
  return op;
}

/// What the codec of `protocol` reads from `parts`, as JSON by wire names.
template <class T>
std::string decoded(aws::Protocol protocol, const RequestParts& parts, const char* service_name = "vectors") {
  T value{};
  codec_for(protocol).decode(service(protocol, service_name), operation<T>("Op"), parts, &value);
  return to_json(value);
}

template <class T>
std::string decoded_body(aws::Protocol protocol, std::string_view body) {
  RequestParts parts;
  parts.method = "POST";
  parts.path = "/";
  parts.body = body;
  return decoded<T>(protocol, parts);
}

/// The code that the codec refuses `parts` with, or "" where it does not.
template <class T>
std::string refusal(aws::Protocol protocol, const RequestParts& parts, const char* service_name = "vectors") {
  try {
    decoded<T>(protocol, parts, service_name);
    return "";
  } catch (const aws::Error& e) {
    return e.status == 400 ? e.code : e.code + " with another status than 400";
  }
}

template <class T>
std::string refusal_of_body(aws::Protocol protocol, std::string_view body) {
  RequestParts parts;
  parts.body = body;
  return refusal<T>(protocol, parts);
}

/// The reply to a response that is given as JSON by wire names.
template <class T>
ReplyParts encoded(aws::Protocol protocol, std::string_view json, const char* name = "Op",
                   const char* service_name = "vectors") {
  const T value = from_json<T>(json);
  return codec_for(protocol).encode(service(protocol, service_name), operation<T>(name), "the-id", &value);
}

}  // namespace stratus::wire::vectors
