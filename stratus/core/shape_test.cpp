#include <gtest/gtest.h>

#include "stratus/core/shape.h"
#include "stratus/core/shape_json.h"

namespace stratus {
namespace {

struct Inner {
  std::string name;
  std::optional<std::int32_t> count;
  STRATUS_SHAPE(Inner, name, count)
};

struct Row {
  std::string id;
  Timestamp created;
  std::vector<Inner> inners;
  std::map<std::string, std::string> tags;
  std::optional<Blob> secret;
  std::optional<bool> on;
  double ratio = 0;
  STRATUS_SHAPE(Row, id, created, inners, tags, secret, on, ratio)
};

TEST(Shape, a_row_survives_the_way_to_json_and_back) {
  const Row row{
      "r-1", {1'767'323'045'678}, {{"a", 1}, {"b", std::nullopt}}, {{"Name", "x\"y"}}, Blob{"\x00\xff z"}, false, 0.1};
  const std::string json = to_json(row);
  EXPECT_NE(json.find("\"created\":1767323045.678"), std::string::npos) << json;
  EXPECT_NE(json.find("{\"name\":\"b\"}"), std::string::npos) << "absent members are left out: " << json;
  const Row back = from_json<Row>(json);
  EXPECT_EQ(back.created, row.created);
  EXPECT_EQ(back.secret, row.secret);
  EXPECT_EQ(back.inners[0].count, 1);
  EXPECT_EQ(to_json(back), json);
}

TEST(Shape, members_of_another_version_are_skipped_or_default) {
  const Row row = from_json<Row>(R"({"id":"x","unknown":{"a":[1]},"on":null})");
  EXPECT_EQ(row.id, "x");
  EXPECT_FALSE(row.on);
  EXPECT_TRUE(row.inners.empty());
}

TEST(Shape, a_value_of_another_type_is_named_by_its_path) {
  try {
    from_json<Row>(R"({"inners":[{"name":"a"},{"name":7}]})");
    FAIL() << "accepted a number as a string";
  } catch (const ShapeError& e) {
    EXPECT_STREQ(e.what(), "inners[1].name is not a string");
  }
  EXPECT_THROW(from_json<Row>("{"), ShapeError);
  EXPECT_THROW(from_json<Row>(R"({"inners":[{"count":3000000000}]})"), ShapeError);
}

}  // namespace
}  // namespace stratus
