#include "stratus/wire/router.h"

#include <gtest/gtest.h>

#include "stratus/models/cloudwatch.h"
#include "stratus/models/ec2.h"
#include "stratus/models/ecs.h"
#include "stratus/models/iam.h"
#include "stratus/models/route53.h"
#include "stratus/models/s3.h"
#include "stratus/models/sts.h"

namespace stratus::wire {
namespace {

struct Services {
  aws::Service any;
  Router router;
  Services() {
    for (const auto* model : {&aws::cloudwatch::model(), &aws::ec2::model(), &aws::ecs::model(), &aws::iam::model(),
                              &aws::route53::model(), &aws::s3::model(), &aws::sts::model()})
      router.add(*model, any);
  }
  /// "service:Operation protocol", with "?" where the service has no such operation.
  std::string find(const RequestParts& parts, const std::string& scope) const {
    static const char* const names[] = {"json", "query", "ec2", "rest_xml", "cbor"};
    const auto route = router.find(parts, scope);
    if (!route) return "none";
    return std::string(route->service->name) + ":" +
           (route->operation != nullptr ? route->operation->name : "?" + route->operation_name) + " " +
           names[static_cast<int>(route->protocol)];
  }
};

RequestParts form(std::string_view body) {
  return {"POST", "/",
          {},     {{"content-type", "application/x-www-form-urlencoded; charset=utf-8"}, {"host", "127.0.0.1:4566"}},
          body,   {}};
}

TEST(Router, finds_the_service_and_the_operation) {
  struct Case {
    RequestParts parts;
    const char* scope;
    const char* wanted;
  };
  const std::map<std::string, std::string> local = {{"host", "127.0.0.1:4566"}};
  const Case cases[] = {
      {{"POST", "/", {}, {{"x-amz-target", "AmazonEC2ContainerServiceV20141113.ListClusters"}}, "{}", {}},
       "ecs",
       "ecs:ListClusters json"},
      {{"POST", "/", {}, {{"x-amz-target", "AmazonEC2ContainerServiceV20141113.Nothing"}}, "{}", {}},
       "ecs",
       "ecs:?Nothing json"},
      {{"POST", "/", {}, {{"x-amz-target", "Nothing.ListClusters"}}, "{}", {}}, "ecs", "none"},
      {form("Action=GetCallerIdentity&Version=2011-06-15"), "sts", "sts:GetCallerIdentity query"},
      {form("Version=2010-05-08&UserName=a&Action=GetUser"), "iam", "iam:GetUser query"},
      {form("Version=2010-05-08&UserName=Action%3DDeleteUser&Action=GetUser"), "iam", "iam:GetUser query"},
      {form("Action=DescribeVpcs&Version=2016-11-15"), "ec2", "ec2:DescribeVpcs ec2"},
      {form("Action=Frobnicate&Version=2016-11-15"), "ec2", "ec2:?Frobnicate ec2"},
      {form("Version=2016-11-15"), "ec2", "ec2:? ec2"},
      {{"GET", "/", {{"Action", "GetCallerIdentity"}, {"Version", "2011-06-15"}}, local, "", {}},
       "sts",
       "sts:GetCallerIdentity query"},
      // Without a signature the API's version tells, or the host.
      {form("Action=AssumeRoleWithWebIdentity&Version=2011-06-15"), "", "sts:AssumeRoleWithWebIdentity query"},
      {form("Action=DescribeVpcs&Version=2016-11-15"), "", "ec2:DescribeVpcs ec2"},
      {{"GET", "/k", {}, {{"host", "bucket.s3.us-east-1.amazonaws.com"}}, "", {}}, "", "s3:GetObject rest_xml"},
      {{"GET", "/bucket/k", {}, local, "", {}}, "", "s3:GetObject rest_xml"},  // objects that anyone may read
      {{"GET", "/", {}, local, "", {}}, "", "none"},
      // CloudWatch speaks three protocols.
      {{"POST",
        "/service/GraniteServiceVersion20100801/operation/ListMetrics",
        {},
        {{"smithy-protocol", "rpc-v2-cbor"}},
        "",
        {}},
       "monitoring",
       "cloudwatch:ListMetrics cbor"},
      {{"POST", "/", {}, {{"x-amz-target", "GraniteServiceVersion20100801.ListMetrics"}}, "{}", {}},
       "monitoring",
       "cloudwatch:ListMetrics json"},
      {form("Action=ListMetrics&Version=2010-08-01"), "monitoring", "cloudwatch:ListMetrics query"},
      // S3: the most specific template wins.
      {{"GET", "/", {}, local, "", {}}, "s3", "s3:ListBuckets rest_xml"},
      {{"GET", "/bucket", {}, local, "", {}}, "s3", "s3:ListObjects rest_xml"},
      {{"GET", "/bucket/", {{"list-type", "2"}}, local, "", {}}, "s3", "s3:ListObjectsV2 rest_xml"},
      {{"GET", "/bucket", {{"policy", ""}}, local, "", {}}, "s3", "s3:GetBucketPolicy rest_xml"},
      {{"PUT", "/bucket", {{"intelligent-tiering", ""}, {"id", "x"}}, local, "", {}},
       "s3",
       "s3:PutBucketIntelligentTieringConfiguration rest_xml"},
      {{"PUT", "/bucket/a/b%20c", {}, local, "", {}}, "s3", "s3:PutObject rest_xml"},
      {{"PUT", "/bucket/a", {}, {{"x-amz-copy-source", "b/c"}}, "", {}}, "s3", "s3:CopyObject rest_xml"},
      {{"PUT", "/bucket/a", {{"partNumber", "1"}, {"uploadId", "u"}}, local, "", {}}, "s3", "s3:UploadPart rest_xml"},
      {{"PUT", "/bucket/a", {{"partNumber", "1"}, {"uploadId", "u"}}, {{"x-amz-copy-source", "b/c"}}, "", {}},
       "s3",
       "s3:UploadPartCopy rest_xml"},
      {{"GET", "/bucket/a", {{"uploadId", "u"}}, local, "", {}}, "s3", "s3:ListParts rest_xml"},
      {{"POST", "/bucket/a", {{"uploads", ""}}, local, "", {}}, "s3", "s3:CreateMultipartUpload rest_xml"},
      {{"POST", "/bucket/a", {{"uploadId", "u"}}, local, "", {}}, "s3", "s3:CompleteMultipartUpload rest_xml"},
      {{"HEAD", "/bucket/a", {}, local, "", {}}, "s3", "s3:HeadObject rest_xml"},
      {{"HEAD", "/bucket", {}, local, "", {}}, "s3", "s3:HeadBucket rest_xml"},
      {{"GET", "/a", {}, {{"host", "bucket.localhost:4566"}}, "", {}}, "s3", "s3:GetObject rest_xml"},
      {{"GET", "/", {}, {{"host", "s3.localhost:4566"}}, "", {}}, "s3", "s3:ListBuckets rest_xml"},
      {{"GET", "/2013-04-01/hostedzone/Z1", {}, local, "", {}}, "route53", "route53:GetHostedZone rest_xml"},
      {{"POST", "/2013-04-01/hostedzone/Z1/rrset", {}, local, "", {}},
       "route53",
       "route53:ChangeResourceRecordSets rest_xml"},
      {{"GET", "/2013-04-01/nothing/at/all", {}, local, "", {}}, "route53", "route53:? rest_xml"},
      {{"POST", "/", {}, local, "", {}}, "lambda", "none"},
  };
  const Services services;
  for (const auto& c : cases)
    EXPECT_EQ(services.find(c.parts, c.scope), c.wanted)
        << c.parts.method << " " << c.parts.path << " " << c.parts.body;
}

TEST(Router, takes_labels_decoded_and_buckets_from_the_host) {
  const Services services;
  auto route = services.router.find({"PUT", "/bucket/a/b%20c", {}, {{"host", "x"}}, "", {}}, "s3");
  EXPECT_EQ(route->labels["Bucket"], "bucket");
  EXPECT_EQ(route->labels["Key"], "a/b c");
  route =
      services.router.find({"PUT", "/a/b", {}, {{"host", "my.bucket.s3.us-east-1.amazonaws.com:4566"}}, "", {}}, "s3");
  EXPECT_EQ(route->labels["Bucket"], "my.bucket");
  EXPECT_EQ(route->labels["Key"], "a/b");
}

}  // namespace
}  // namespace stratus::wire
