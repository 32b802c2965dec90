// Smithy RPC v2 CBOR against the facts of Smithy's protocol tests and RFC 8949.
#include "stratus/wire/protocol_cbor.h"

#include <gtest/gtest.h>

#include "stratus/core/base64.h"
#include "stratus/wire/protocol_test_shapes.h"

namespace stratus::wire::vectors {
namespace {

constexpr auto kCbor = aws::Protocol::cbor;

/// Bytes from hexadecimal digits; blanks do not count.
std::string hex(std::string_view digits) {
  std::string out;
  int high = -1;
  for (const char c : digits) {
    if (c == ' ') continue;
    const int value = c <= '9' ? c - '0' : c - 'a' + 10;
    if (high < 0) {
      high = value;
    } else {
      out += static_cast<char>(high * 16 + value);
      high = -1;
    }
  }
  return out;
}

/// {"<name>": <value>} with one member.
std::string member(std::string_view name, std::string_view value_in_hex) {
  return hex("a1") + static_cast<char>(0x60 + name.size()) + std::string(name) + hex(value_in_hex);
}

struct Scalars {
  Maybe<std::int32_t> byte;
  Maybe<double> number, narrow;
  Maybe<bool> no, yes;
  Maybe<std::int32_t> integer, small;
  Maybe<std::int64_t> wide;
  Maybe<std::string> text;
  Maybe<Blob> blob;
  VECTOR_SHAPE(Scalars, VECTOR_FIELD(byte).wired("byteValue"), VECTOR_FIELD(number).wired("doubleValue"),
               VECTOR_FIELD(no).wired("falseBooleanValue"), VECTOR_FIELD(narrow).wired("floatValue"),
               VECTOR_FIELD(integer).wired("integerValue"), VECTOR_FIELD(wide).wired("longValue"),
               VECTOR_FIELD(small).wired("shortValue"), VECTOR_FIELD(text).wired("stringValue"),
               VECTOR_FIELD(yes).wired("trueBooleanValue"), VECTOR_FIELD(blob).wired("blobValue"))
};

constexpr const char* kAllScalars =
    R"({"byteValue":5,"doubleValue":1.889,"falseBooleanValue":false,"floatValue":7.625,"integerValue":256,"longValue":9873,"shortValue":9898,)"
    R"("stringValue":"simple","trueBooleanValue":true,"blobValue":"Zm9v"})";

TEST(CborProtocol, ReadsSmithysVectors) {
  struct Case {
    const char* base64;
    const char* value;
  };
  for (const auto& [body, value] : std::vector<Case>{
           {"v2lieXRlVmFsdWUFa2RvdWJsZVZhbHVl+z/"
            "+OVgQYk3TcWZhbHNlQm9vbGVhblZhbHVl9GpmbG9hdFZhbHVl+"
            "kD0AABsaW50ZWdlclZhbHVlGQEAaWxvbmdWYWx1ZRkmkWpzaG9ydFZhbHVlGSaqa3N0cmluZ1ZhbHVlZnNpbXBsZXB0cnVlQm9v"
            "bGVhblZhbHVl9WlibG9iVmFsdWVDZm9v/w==",
            kAllScalars},
           {"qmlieXRlVmFsdWUFf2Zkb3VibGVlVmFsdWX/+z/+OVgQYk3Tf2VmYWxzZWdCb29sZWFuZVZhbHVl//"
            "RqZmxvYXRWYWx1ZfpA9AAAbGludGVnZXJWYWx1ZRkBAGlsb25nVmFsdWUZJpFqc2hvcnRWYWx1ZRkmqn9mc3RyaW5nZVZhbHVl/"
            "2ZzaW1wbGVwdHJ1ZUJv"
            "b2xlYW5WYWx1ZfVpYmxvYlZhbHVlQ2Zvbw==",
            kAllScalars},
           {"v2tzdHJpbmdWYWx1Zfb/", "{}"},
           {"v2tkb3VibGVWYWx1Zft/+AAAAAAAAGpmbG9hdFZhbHVl+n/AAAD/", R"({"doubleValue":"NaN","floatValue":"NaN"})"},
           {"v2tkb3VibGVWYWx1Zft/8AAAAAAAAGpmbG9hdFZhbHVl+n+AAAD/",
            R"({"doubleValue":"Infinity","floatValue":"Infinity"})"},
           {"v2tkb3VibGVWYWx1Zfv/8AAAAAAAAGpmbG9hdFZhbHVl+v+AAAD/",
            R"({"doubleValue":"-Infinity","floatValue":"-Infinity"})"},
           {"oWtzdHJpbmdWYWx1ZX94HUFuIGV4YW1wbGUgaW5kZWZpbml0ZSBzdHJpbmcscSBjaHVua2VkIG9uIGNvbW1h/w==",
            R"({"stringValue":"An example indefinite string, chunked on comma"})"},
           {"v2tkb3VibGVWYWx1Zfk+AGpmbG9hdFZhbHVl+UegbGludGVnZXJWYWx1ZRg4aWxvbmdWYWx1ZRkBAGpzaG9ydFZhbHVlCv8=",
            R"({"doubleValue":1.5,"floatValue":7.625,"integerValue":56,"longValue":256,"shortValue":10})"},
           {"v2lieXRlVmFsdWUFa2RvdWJsZVZhbHVl+z/"
            "+OVgQYk3TcWZhbHNlQm9vbGVhblZhbHVl9GpmbG9hdFZhbHVl+kD0AABrZXh0cmFPYmplY3S/c2luZGVmaW5pdGVMZW5ndGhNYXC/"
            "a3dpdGhBbkFycmF5nwECA///cWRlZmluaXRlTGVuZ3RoTWFwo3J3aXRoQURl"
            "ZmluaXRlQXJyYXmDAQIDeB1hbmRTb21lSW5kZWZpbml0ZUxlbmd0aFN0cmluZ3gfdGhhdCBoYXMsIGJlZW4gY2h1bmtlZCBvbiBjb21tYW"
            "xub3JtYWxTdHJpbmdjZm9vanNob3J0VmFsdWUZJw9uc29tZU90aGVyRmllbGR2dGhpcyBzaG91bGQgYmUgc2tpcHBlZP9s"
            "aW50ZWdlclZhbHVlGQEAaWxvbmdWYWx1ZRkmkWpzaG9ydFZhbHVlGSaqa3N0cmluZ1ZhbHVlZnNpbXBsZXB0cnVlQm9vbGVhblZhbHVl9W"
            "libG9iVmFsdWVDZm9v/w==",
            kAllScalars},
           {"v/8=", "{}"},
       }) {
    const auto bytes = base64::decode(body);
    ASSERT_TRUE(bytes) << body;
    EXPECT_EQ(decoded_body<Scalars>(kCbor, *bytes), value) << body;
  }
}

TEST(CborProtocol, ReadsHalfPrecision) {
  EXPECT_EQ(decoded_body<Sink>(kCbor, member("number", "f97c00")), R"({"number":"Infinity"})");
  EXPECT_EQ(decoded_body<Sink>(kCbor, member("number", "f9fc00")), R"({"number":"-Infinity"})");
  EXPECT_EQ(decoded_body<Sink>(kCbor, member("number", "f97e00")), R"({"number":"NaN"})");
  EXPECT_EQ(decoded_body<Sink>(kCbor, member("number", "f90050")), R"({"number":4.76837158203125e-06})");
  EXPECT_EQ(decoded_body<Sink>(kCbor, member("number", "20")), R"({"number":-1})");
}

TEST(CborProtocol, ReadsTimestampsAndLists) {
  EXPECT_EQ(decoded_body<Sink>(kCbor, member("time", "c1fb41d4d7fbf3800000")), R"({"time":1398796238})");
  EXPECT_EQ(decoded_body<Sink>(kCbor, member("time", "c11a535fefce")), R"({"time":1398796238})");
  EXPECT_EQ(decoded_body<Sink>(kCbor, member("strings", "9f63666f6f7f6162626172ffff")), R"({"strings":["foo","bar"]})");
  EXPECT_EQ(decoded_body<Sink>(kCbor, member("nested", "828161618161 62")), R"({"nested":[["a"],["b"]]})");
}

TEST(CborProtocol, WhatIsWrittenReadsBackTheSame) {
  for (const char* json : {kAllScalars, R"({"longValue":-9223372036854775808})", R"({"longValue":9223372036854775807})",
                           R"({"integerValue":-500})", "{}"}) {
    const auto reply = encoded<Scalars>(kCbor, json);
    EXPECT_EQ(decoded_body<Scalars>(kCbor, reply.body), json);
    EXPECT_EQ(reply.headers.at("Content-Type"), "application/cbor");
    EXPECT_EQ(reply.headers.at("smithy-protocol"), "rpc-v2-cbor");
  }
  const char* deep =
      R"({"time":1398796238.500,"strings":["a"],"nested":[["a"],[]],"blobs":["Zm9v"],"times":[1,2],"map":{"k":"v"},"lists":{"k":["v"]},)"
      R"("greetings":{"k":{"hi":"x"}},"pair":{"value":"1"},"empty":{},"recursive":[{"recursive":[{"integer":3}]}]})";
  EXPECT_EQ(decoded_body<Sink>(kCbor, encoded<Sink>(kCbor, deep).body), deep);
}

TEST(CborProtocol, BrokenInputIsASerializationException) {
  const std::string deep_unknown = member("x", "") + std::string(100'000, '\x81');
  std::string deep_known;
  for (int i = 0; i < 10'000; ++i)
    deep_known += hex("a1") +
                  "\x69"
                  "recursive" +
                  hex("81");
  const std::string bomb = hex("a1") +
                           "\x69"
                           "recursive" +
                           hex("9a00030d40") + std::string(200'000, '\xa0');
  for (const std::string& body : std::vector<std::string>{hex("bf"),
                                                          hex("a1"),
                                                          hex("80"),
                                                          hex("ff"),
                                                          hex("f6"),
                                                          hex("01"),
                                                          hex("1f"),
                                                          hex("1c"),
                                                          "\x64"
                                                          "text",
                                                          hex("a0") + "x",
                                                          deep_unknown,
                                                          deep_known,
                                                          bomb,
                                                          hex("bbffffffffffffffff"),
                                                          hex("a1 7f 01 ff 01"),
                                                          hex("a1 7f 7f 61 61 ff ff 01"),
                                                          member("text", "01"),
                                                          member("text", "62ff61"),
                                                          member("text", "7bffffffffffffffff"),
                                                          member("text", "7a7fffffff61"),
                                                          member("text", "5f4161ff"),
                                                          member("text", "7f4161ff"),
                                                          member("integer", "1a80000000"),
                                                          member("integer", "1f"),
                                                          member("integer", "3f"),
                                                          member("integer", "1c"),
                                                          member("integer", "6131"),
                                                          member("integer", "ff"),
                                                          member("integer", "f93e00"),
                                                          member("wide", "1bffffffffffffffff"),
                                                          member("wide", "3bffffffffffffffff"),
                                                          member("wide", "fb7ff0000000000000"),
                                                          member("flag", "01"),
                                                          member("flag", "f8"),
                                                          member("blob", "6161"),
                                                          member("blob", "5b7fffffffffffffff"),
                                                          member("time", "c01a00000000"),
                                                          member("time", "c1f97e00"),
                                                          member("time", "c16161"),
                                                          member("time", "c1fb7e37e43c8800759c"),
                                                          member("strings", "a0"),
                                                          member("strings", "9bffffffffffffffff"),
                                                          member("strings", "9f6161"),
                                                          member("strings", "81f6"),
                                                          member("map", "80"),
                                                          member("map", "a10101"),
                                                          member("map", "bf6161ff"),
                                                          member("unknown", "ff"),
                                                          member("unknown", "1f"),
                                                          member("unknown", "9f"),
                                                          member("unknown", "bf01ff"),
                                                          member("unknown", "7f01ff"),
                                                          member("unknown", "df01"),
                                                          member("unknown", "fc")}) {
    SCOPED_TRACE(testing::PrintToString(body.substr(0, 30)));
    EXPECT_EQ(refusal_of_body<Sink>(kCbor, body), "SerializationException");
  }
}

struct Failure {
  Maybe<std::string> type, message, detail;
  VECTOR_SHAPE(Failure, VECTOR_FIELD(type).wired("__type"), VECTOR_FIELD(message), VECTOR_FIELD(detail))
};

TEST(CborProtocol, ErrorsCarryTheShapesNameAndTheOldQueryCode) {
  const aws::ErrorShape shapes[] = {{"InvalidParameterValueException", "InvalidParameterValue", 400}};
  auto model = service(kCbor);
  model.errors = shapes;
  aws::Error error("InvalidParameterValue", 400, "no");
  error.details["detail"] = "more";
  const auto reply = codec_for(kCbor).error(&model, "the-id", error);
  EXPECT_EQ(decoded_body<Failure>(kCbor, reply.body),
            R"({"__type":"InvalidParameterValueException","message":"no","detail":"more"})");
  EXPECT_EQ(reply.headers.at("x-amzn-query-error"), "InvalidParameterValue;Sender");
  EXPECT_EQ(decoded_body<Failure>(kCbor, codec_for(kCbor).error(nullptr, "the-id", aws::Error("Odd", 500, "")).body),
            R"({"__type":"Odd","message":""})");
}

}  // namespace
}  // namespace stratus::wire::vectors
