// restXml against the facts of Smithy's protocol tests, and what is peculiar to S3 and Route 53.
#include "stratus/wire/protocol_rest_xml.h"

#include <gtest/gtest.h>

#include "stratus/wire/protocol_test_shapes.h"

namespace stratus::wire::vectors {
namespace {

constexpr auto kRest = aws::Protocol::rest_xml;

struct Case {
  const char* left;
  const char* right;
};

TEST(RestXmlProtocol, ReadsWhatHttpBinds) {
  RequestParts parts;
  parts.labels = {{"Label", "a b/c"}};
  parts.query = {{"q", "x"}, {"l", "1"}, {"other", "y"}, {"l", "2"}, {"t", "2015-01-25T08:00:00Z"}};
  parts.headers = {{"x-string", "Hello"},
                   {"x-stringlist", "a, b, c"},
                   {"x-integerlist", "1, 2, 3"},
                   {"x-timestamplist", "Mon, 16 Dec 2019 23:48:18 GMT, Mon, 16 Dec 2019 23:48:18 GMT"},
                   {"x-defaultformat", "Mon, 16 Dec 2019 23:48:18 GMT"},
                   {"x-memberepochseconds", "1576540098"},
                   {"x-double", "-Infinity"},
                   {"x-boolean1", "true"},
                   {"x-foo-abc", "Abc value"},
                   {"x-foo-def", "Def value"}};
  EXPECT_EQ(
      decoded<Rest>(kRest, parts),
      R"({"Label":"a b/c","q":"x","X-String":"Hello","l":["1","2"],"X-StringList":["a","b","c"],"X-IntegerList":[1,2,3],)"
      R"("X-TimestampList":[1576540098,1576540098],"X-defaultFormat":1576540098,"X-memberEpochSeconds":1576540098,)"
      R"("t":1422172800,"X-Double":"-Infinity","X-Boolean1":true,"X-Foo-":{"abc":"Abc value","def":"Def value"}})");
  EXPECT_EQ(decoded<Rest>(kRest, RequestParts{}), "{}");
}

TEST(RestXmlProtocol, WrongBindingsAreInvalidArguments) {
  RequestParts parts;
  parts.headers = {{"x-boolean1", "perhaps"}};
  EXPECT_EQ(refusal<Rest>(kRest, parts), "InvalidArgument");
  parts.headers = {{"x-integerlist", "1, two"}};
  EXPECT_EQ(refusal<Rest>(kRest, parts), "InvalidArgument");
  parts.headers = {{"x-string", "\xff"}};
  EXPECT_EQ(refusal<Rest>(kRest, parts), "InvalidArgument");
  parts.headers = {{"x-foo-abc", "\xff"}};
  EXPECT_EQ(refusal<Rest>(kRest, parts), "InvalidArgument");
  parts.headers.clear();
  parts.labels = {{"Label", "\xff"}};
  EXPECT_EQ(refusal<Rest>(kRest, parts), "InvalidURI");
}

TEST(RestXmlProtocol, WritesHeaders) {
  const auto reply = encoded<Rest>(
      kRest,
      R"({"X-String":"Hello","X-StringList":["a","b","c"],"X-IntegerList":[1,2,3],"X-TimestampList":[1576540098,1576540098],)"
      R"("X-defaultFormat":1576540098,"X-memberEpochSeconds":1576540098,"X-Double":"NaN","X-Boolean1":false,"X-Foo-":{"Abc":"Abc value"}})");
  EXPECT_EQ(reply.headers.at("X-String"), "Hello");
  EXPECT_EQ(reply.headers.at("X-StringList"), "a, b, c");
  EXPECT_EQ(reply.headers.at("X-IntegerList"), "1, 2, 3");
  EXPECT_EQ(reply.headers.at("X-TimestampList"), "Mon, 16 Dec 2019 23:48:18 GMT, Mon, 16 Dec 2019 23:48:18 GMT");
  EXPECT_EQ(reply.headers.at("X-defaultFormat"), "Mon, 16 Dec 2019 23:48:18 GMT");
  EXPECT_EQ(reply.headers.at("X-memberEpochSeconds"), "1576540098");
  EXPECT_EQ(reply.headers.at("X-Double"), "NaN");
  EXPECT_EQ(reply.headers.at("X-Boolean1"), "false");
  EXPECT_EQ(reply.headers.at("X-Foo-Abc"), "Abc value");
  EXPECT_EQ(reply.body, "");
}

TEST(RestXmlProtocol, EmptyHeadersAreNotSent) {
  const auto reply = encoded<Rest>(kRest, R"({"X-String":"","X-StringList":[]})");
  EXPECT_EQ(reply.headers.count("X-String"), 0U);
  EXPECT_EQ(reply.headers.count("X-StringList"), 0U);
}

TEST(RestXmlProtocol, AHeaderCannotCarryAnotherHeader) {
  const auto reply =
      encoded<Rest>(kRest, R"({"X-String":"a\r\nSet-Cookie: b\u0000","X-Foo-":{"x":"1\n2","bad name\r\n":"v"}})");
  for (const auto& [name, value] : reply.headers) {
    EXPECT_EQ((name + value).find_first_of(std::string("\r\n\0", 3)), std::string::npos) << name;
  }
  EXPECT_EQ(reply.headers.at("X-String"), "a  Set-Cookie: b ");
}

constexpr Case kBodies[] = {
    {R"({"test":"test","foo":"hi"})", "<Xml test=\"test\"><foo>hi</foo></Xml>"},
    {R"({"test":"<test&mock>","foo":"hi"})", "<Xml test=\"&lt;test&amp;mock&gt;\"><foo>hi</foo></Xml>"},
    {R"({"list":["foo","bar"]})", "<Xml><list><member>foo</member><member>bar</member></list></Xml>"},
    {R"({"renamed":["foo"]})", "<Xml><renamed><item>foo</item></renamed></Xml>"},
    {R"({"flattenedList":["hi","bye"],"customName":["yep","nope"]})",
     "<Xml><flattenedList>hi</flattenedList><flattenedList>bye</flattenedList><customName>yep</"
     "customName><customName>nope</customName></Xml>"},
    {R"({"nested":[["foo","bar"],["baz"]]})",
     "<Xml><nested><member><member>foo</member><member>bar</member></member><member><member>baz</member></member></"
     "nested></Xml>"},
    {R"({"myStructureList":[{"value":"1","other":"2"},{"value":"3","other":"4"}]})",
     "<Xml><myStructureList><item><value>1</value><other>2</other></item><item><value>3</value><other>4</other></"
     "item></myStructureList></Xml>"},
    {R"({"myMap":{"foo":{"hi":"there"}}})",
     "<Xml><myMap><entry><Attribute>foo</Attribute><Setting><hi>there</hi></Setting></entry></myMap></Xml>"},
    {R"({"KVP":{"a":"A","b":"B"}})", "<Xml><KVP><K>a</K><V>A</V></KVP><KVP><K>b</K><V>B</V></KVP></Xml>"},
    {R"({"time":1398796238,"epoch":1398796238,"http_date":1398796238})",
     "<Xml><time>2014-04-29T18:30:38Z</time><epoch>1398796238</epoch><http_date>Tue, 29 Apr 2014 18:30:38 "
     "GMT</http_date></Xml>"},
    {R"({"spaced":{"hi":"x"}})", "<Xml><spaced xmlns:baz=\"http://foo.com\"><hi>x</hi></spaced></Xml>"},
};

std::string with_namespace(std::string xml) {
  const auto end = xml.find_first_of(" >");
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + xml.insert(end, " xmlns=\"https://example.com/\"");
}

TEST(RestXmlProtocol, ReadsAndWritesBodies) {
  for (const auto& [json, xml] : kBodies) {
    SCOPED_TRACE(xml);
    EXPECT_EQ(decoded_body<Xml>(kRest, xml), json);
    EXPECT_EQ(encoded<Xml>(kRest, json).body, with_namespace(xml));
  }
}

TEST(RestXmlProtocol, BlanksAndCommentsAroundNumbersDoNotCount) {
  EXPECT_EQ(decoded_body<Xml>(kRest, "<Xml>\n  <number>\n 5 </number>\n<!-- so --></Xml>"), R"({"number":5})");
  EXPECT_EQ(decoded_body<Xml>(kRest, "<Xml><foo> kept </foo></Xml>"), R"({"foo":" kept "})");
  EXPECT_EQ(decoded_body<Xml>(kRest, "<Xml><foo></foo><list/></Xml>"), R"({"foo":"","list":[]})");
}

TEST(RestXmlProtocol, PayloadsAreTheWholeBody) {
  RequestParts parts;
  parts.headers = {{"x-foo", "Foo"}};
  parts.body = "blobby blob blob";
  EXPECT_EQ(decoded<BlobPayload>(kRest, parts), R"({"X-Foo":"Foo","blob":"YmxvYmJ5IGJsb2IgYmxvYg=="})");
  const auto reply = encoded<BlobPayload>(kRest, R"({"X-Foo":"Foo","blob":"YmxvYmJ5IGJsb2IgYmxvYg=="})");
  EXPECT_EQ(reply.body, "blobby blob blob");
  EXPECT_EQ(decoded_body<TextPayload>(kRest, "{\"Version\":\"2012-10-17\"}"),
            R"({"text":"{\"Version\":\"2012-10-17\"}"})");
  EXPECT_EQ(decoded_body<StructurePayload>(kRest, "<Hello test=\"t\"><foo>Phreddy</foo></Hello>"),
            R"({"Hello":{"test":"t","foo":"Phreddy"}})");
  EXPECT_EQ(encoded<StructurePayload>(kRest, R"({"Hello":{"test":"t","foo":"Phreddy"}})").body,
            with_namespace("<Hello test=\"t\"><foo>Phreddy</foo></Hello>"));
}

TEST(RestXmlProtocol, BrokenBodiesAreMalformedXml) {
  const std::string bomb = [] {
    std::string text = "<Xml><myStructureList>";
    for (int i = 0; i < 150'000; ++i) text += "<i/>";
    return text + "</myStructureList></Xml>";
  }();
  const std::string entities =
      "<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><Xml><number>&b;</number></Xml>";
  for (const std::string& body :
       std::vector<std::string>{"<", "text", "<Xml>", "<Xml></Other>", "<Xml><number>five</number></Xml>",
                                "<Xml><time>yesterday</time></Xml>", std::string("<Xml/>\0<x/>", 11),
                                "<Xml><foo>\xff</foo></Xml>", entities, bomb}) {
    SCOPED_TRACE(body.substr(0, 60));
    EXPECT_EQ(refusal_of_body<Xml>(kRest, body), "MalformedXML");
  }
  EXPECT_EQ(refusal_of_body<StructurePayload>(kRest, "<SomethingElse><foo>x</foo></SomethingElse>"), "MalformedXML");
  EXPECT_EQ(refusal_of_body<TextPayload>(kRest, "\xff"), "MalformedXML");
}

TEST(RestXmlProtocol, S3AnswersALocationUnwrapped) {
  const std::string head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  const std::string ns = " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"";
  EXPECT_EQ(encoded<Located>(kRest, R"({"LocationConstraint":"us-west-2"})", "GetBucketLocation", "s3").body,
            head + "<LocationConstraint" + ns + ">us-west-2</LocationConstraint>");
  EXPECT_EQ(encoded<Located>(kRest, "{}", "GetBucketLocation", "s3").body, head + "<LocationConstraint" + ns + "/>");
}

TEST(RestXmlProtocol, S3NamesItsRootsAsItsReferenceDoes) {
  for (const auto& [name, root] :
       {Case{"ListBuckets", "ListAllMyBucketsResult"}, Case{"ListObjectsV2", "ListBucketResult"},
        Case{"GetBucketTagging", "Tagging"}, Case{"GetBucketVersioning", "VersioningConfiguration"},
        Case{"GetBucketLifecycleConfiguration", "LifecycleConfiguration"},
        Case{"GetBucketAcl", "AccessControlPolicy"}}) {
    const auto reply = encoded<Located>(kRest, "{}", name, "s3");
    EXPECT_NE(reply.body.find("\n<" + std::string(root) + " xmlns="), std::string::npos) << reply.body;
  }
}

TEST(RestXmlProtocol, S3AnswersErrorsUnwrappedAndOthersWrapThem) {
  const auto s3 = service(kRest, "s3"), route53 = service(kRest, "route53");
  aws::Error error("NoSuchBucket", 404, "The specified bucket does not exist");
  error.details["BucketName"] = "a<b";
  EXPECT_EQ(codec_for(kRest).error(&s3, "the-id", error).body,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>NoSuchBucket</Code><Message>The specified bucket "
            "does not exist</Message>"
            "<BucketName>a&lt;b</BucketName><RequestId>the-id</RequestId></Error>");
  EXPECT_EQ(codec_for(kRest).error(&route53, "the-id", aws::Error("InvalidInput", 400, "x")).body,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ErrorResponse "
            "xmlns=\"https://example.com/\"><Error><Type>Sender</Type><Code>InvalidInput</Code>"
            "<Message>x</Message></Error><RequestId>the-id</RequestId></ErrorResponse>");
}

}  // namespace
}  // namespace stratus::wire::vectors
