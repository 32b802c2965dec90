#include "stratus/services/sns/content_filter.h"

#include <gtest/gtest.h>

namespace stratus::services::sns {
namespace {

struct Case {
  const char* pattern;
  const char* document;
  bool matches;
};

bool matches(const char* pattern, const char* document) {
  return ContentFilter(pattern).matches(boost::json::parse(document));
}

// From the examples of
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html and of EventBridge's ruler.
TEST(ContentFilter, matches_as_the_documentation_says) {
  const Case cases[] = {
      {R"({"source":["aws.ec2"]})", R"({"source":"aws.ec2"})", true},
      {R"({"source":["aws.ec2"]})", R"({"source":"aws.ecs"})", false},
      {R"({"source":["aws.ec2"]})", R"({})", false},
      {R"({"a":["x","y"],"b":[1]})", R"({"a":"y","b":1})", true},
      {R"({"a":["x","y"],"b":[1]})", R"({"a":"y","b":2})", false},
      {R"({"a":[1]})", R"({"a":"1"})", false},
      {R"({"a":[300]})", R"({"a":3.0e2})", true},
      {R"({"a":[true]})", R"({"a":true})", true},
      {R"({"a":[null]})", R"({"a":null})", true},
      {R"({"a":[null]})", R"({})", false},
      {R"({"a":[""]})", R"({"a":""})", true},
      {R"({"detail":{"state":["terminated"]}})", R"({"detail":{"state":"terminated"}})", true},
      {R"({"detail":{"state":["terminated"]}})", R"({"detail":"terminated"})", false},
      {R"({"resources":["b"]})", R"({"resources":["a","b"]})", true},
      {R"({"resources":["c"]})", R"({"resources":["a","b"]})", false},
      {R"({"a":[{"prefix":"us-"}]})", R"({"a":"us-east-1"})", true},
      {R"({"a":[{"prefix":"us-"}]})", R"({"a":"eu-us-"})", false},
      {R"({"a":[{"prefix":{"equals-ignore-case":"EVENT"}}]})", R"({"a":"eventBridge"})", true},
      {R"({"a":[{"suffix":".png"}]})", R"({"a":"x.png"})", true},
      {R"({"a":[{"suffix":".png"}]})", R"({"a":"x.jpg"})", false},
      {R"({"a":[{"suffix":{"equals-ignore-case":".PNG"}}]})", R"({"a":"x.png"})", true},
      {R"({"a":[{"anything-but":"x"}]})", R"({"a":"y"})", true},
      {R"({"a":[{"anything-but":"x"}]})", R"({"a":"x"})", false},
      {R"({"a":[{"anything-but":"x"}]})", R"({})", false},
      {R"({"a":[{"anything-but":[1,2]}]})", R"({"a":3})", true},
      {R"({"a":[{"anything-but":[1,2]}]})", R"({"a":2})", false},
      {R"({"a":[{"anything-but":{"prefix":"init"}}]})", R"({"a":"initializing"})", false},
      {R"({"a":[{"anything-but":{"prefix":["in","out"]}}]})", R"({"a":"other"})", true},
      {R"({"a":[{"anything-but":{"suffix":".txt"}}]})", R"({"a":"a.txt"})", false},
      {R"({"a":[{"anything-but":{"equals-ignore-case":["Init","Stop"]}}]})", R"({"a":"STOP"})", false},
      {R"({"a":[{"anything-but":{"wildcard":"*/lib/*"}}]})", R"({"a":"/usr/lib/x"})", false},
      {R"({"a":[{"anything-but":{"wildcard":"*/lib/*"}}]})", R"({"a":"/usr/bin/x"})", true},
      {R"({"a":[{"numeric":[">",0,"<=",5]}]})", R"({"a":5})", true},
      {R"({"a":[{"numeric":[">",0,"<=",5]}]})", R"({"a":0})", false},
      {R"({"a":[{"numeric":["=",3.5]}]})", R"({"a":3.5})", true},
      {R"({"a":[{"numeric":["<",10]}]})", R"({"a":"5"})", false},
      {R"({"a":[{"exists":true}]})", R"({"a":""})", true},
      {R"({"a":[{"exists":true}]})", R"({"b":1})", false},
      {R"({"a":[{"exists":false}]})", R"({"b":1})", true},
      {R"({"a":[{"exists":false}]})", R"({"a":1})", false},
      {R"({"a":[{"exists":true}]})", R"({"a":{"b":1}})", false},
      {R"({"d":{"a":[{"exists":false}]}})", R"({})", true},
      {R"({"a":[{"cidr":"10.0.0.0/24"}]})", R"({"a":"10.0.0.255"})", true},
      {R"({"a":[{"cidr":"10.0.0.0/24"}]})", R"({"a":"10.0.1.0"})", false},
      {R"({"a":[{"cidr":"2001:db8::/33"}]})", R"({"a":"2001:db8:7fff::1"})", true},
      {R"({"a":[{"cidr":"2001:db8::/33"}]})", R"({"a":"2001:db8:8000::1"})", false},
      {R"({"a":[{"cidr":"0.0.0.0/0"}]})", R"({"a":"no address"})", false},
      {R"({"a":[{"equals-ignore-case":"ec2"}]})", R"({"a":"EC2"})", true},
      {R"({"a":[{"wildcard":"dir/*.png"}]})", R"({"a":"dir/x/y.png"})", true},
      {R"({"a":[{"wildcard":"dir/*.png"}]})", R"({"a":"dir/x.jpg"})", false},
      {R"({"a":[{"wildcard":"a\\*b"}]})", R"({"a":"a*b"})", true},
      {R"({"a":[{"wildcard":"a\\*b"}]})", R"({"a":"axb"})", false},
      {R"({"a":[{"wildcard":"*a*b"}]})", R"({"a":"xaxab"})", true},
      {R"({"$or":[{"a":[1]},{"b":[2]}]})", R"({"a":0,"b":2})", true},
      {R"({"$or":[{"a":[1]},{"b":[2]}]})", R"({"a":0,"b":3})", false},
      {R"({"c":["x"],"$or":[{"a":[1]},{"b":[2]}]})", R"({"a":1,"c":"y"})", false},
      {R"({"$or":[{"a":[1]},{"$or":[{"b":[2]},{"b":[3]}]}]})", R"({"b":3})", true},
      {R"({"d":{"$or":[{"a":[1]},{"b":[2]}]}})", R"({"d":{"b":2}})", true},
      // Both members of one element, not one of each of two.
      {R"({"list":{"a":[1],"b":[2]}})", R"({"list":[{"a":1,"b":1},{"a":2,"b":2}]})", false},
      {R"({"list":{"a":[1],"b":[2]}})", R"({"list":[{"a":1,"b":2},{"a":2,"b":2}]})", true},
  };
  for (const auto& c : cases) EXPECT_EQ(matches(c.pattern, c.document), c.matches) << c.pattern << " on " << c.document;
}

TEST(ContentFilter, says_what_is_wrong_with_a_pattern) {
  const std::pair<const char*, const char*> cases[] = {
      {"[]", "Filter is not an object"},
      {"{", "Filter is not an object"},
      {R"({"a":"x"})", "\"a\" must be an object or an array"},
      {R"({"a":[]})", "Empty arrays are not allowed"},
      {R"({"a":{}})", "Empty objects are not allowed"},
      {R"({"a":[["x"]]})", "Match value must be String, number, true, false, or null"},
      {R"({"a":[{"nearly":"x"}]})", "Unrecognized match type nearly"},
      {R"({"a":[{"prefix":"x","suffix":"y"}]})", "Only one key allowed in match expression"},
      {R"({"a":[{"prefix":1}]})", "prefix match pattern must be a string"},
      {R"({"a":[{"exists":"yes"}]})", "exists match pattern must be either true or false."},
      {R"({"a":[{"numeric":[]}]})", "Invalid member in numeric match: ]"},
      {R"({"a":[{"numeric":["near",1]}]})", "Unrecognized numeric range operator: near"},
      {R"({"a":[{"numeric":["<","1"]}]})", "Value of < must be numeric"},
      {R"({"a":[{"numeric":["=",1,"<",2]}]})", "Too many elements in numeric expression"},
      {R"({"a":[{"numeric":[">",1,">",2]}]})", "Bad numeric range operator: >"},
      {R"({"a":[{"numeric":[">",3,"<",2]}]})", "Bottom must be less than top"},
      {R"({"a":[{"cidr":"10.0.0.0"}]})", "Malformed CIDR, one '/' required"},
      {R"({"a":[{"anything-but":["x",1]}]})",
       "Inside anything but list, either all values are number or string, mixed type is not supported"},
      {R"({"a":[{"wildcard":"a**b"}]})", "Consecutive wildcard characters at pos 1"},
  };
  for (const auto& [pattern, wanted] : cases) {
    try {
      const ContentFilter accepted(pattern);
      ADD_FAILURE() << pattern << " was accepted";
    } catch (const FilterError& error) {
      EXPECT_STREQ(error.what(), wanted) << pattern;
    }
  }
}

TEST(ContentFilter, counts_what_sns_limits) {
  // The example of https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html
  const ContentFilter nested(R"({"key_a":{"key_b":{"key_c":["1","2","3","4"]}},"key_d":{"key_e":["1","2","3"]}})");
  EXPECT_EQ(nested.combinations(), 72U);
  EXPECT_EQ(nested.leaves(), 2U);
  EXPECT_TRUE(nested.nested());
  EXPECT_FALSE(ContentFilter(R"({"a":["x"]})").nested());
}

}  // namespace
}  // namespace stratus::services::sns
