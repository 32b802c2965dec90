#include "stratus/wire/front_door_test.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "stratus/core/process.h"
#include "stratus/core/text.h"
#include "stratus/state/sqlite.h"

namespace stratus::wire::testing {
namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// Spooled bodies go when their replies are out, a moment after the client has them.
bool becomes_empty(Running& running) {
  for (const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
       std::chrono::steady_clock::now() < deadline;) {
    running.on_loop([] {});
    if (std::filesystem::is_empty(running.spool())) return true;
  }
  return false;
}

TEST(FrontDoor, answers_pipelined_requests_in_their_order) {
  const Running running;
  Client client(running.port);
  client.send(ecs("CreateCluster", R"({"clusterName":"a"})") + ecs("CreateCluster", R"({"clusterName":"b"})") +
              ecs("ListClusters", "{}") + ecs("CreateCluster", R"({"clusterName":"c"})"));
  EXPECT_TRUE(has(client.receive(), "\"clusterName\":\"a\""));
  EXPECT_TRUE(has(client.receive(), "\"clusterName\":\"b\""));
  EXPECT_EQ(body_of(client.receive()), R"({"clusterArns":["a","b"]})");
  EXPECT_TRUE(has(client.receive(), "\"clusterName\":\"c\""));
}

TEST(FrontDoor, takes_a_request_in_any_pieces) {
  const Running running;
  Client client(running.port);
  const std::string request = ecs("CreateCluster", R"({"clusterName":"pieces"})");
  for (const char c : request) client.send({&c, 1});
  EXPECT_EQ(status_of(client.receive()), "200");
  const std::string body = R"({"clusterName":"chunks"})";
  const std::string head = signed_request(
      "POST", "/",
      {{"x-amz-target", "AmazonEC2ContainerServiceV20141113.CreateCluster"}, {"transfer-encoding", "chunked"}}, body);
  client.send(head.substr(0, head.size() - body.size()) + "5\r\n" + body.substr(0, 5) + "\r\n13\r\n" + body.substr(5) +
              "\r\n0\r\n\r\n");
  EXPECT_TRUE(has(client.receive(), "\"clusterName\":\"chunks\""));
}

TEST(FrontDoor, refuses_garbage_and_goes_on) {
  const Running running;
  for (const std::string& garbage :
       {std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11), std::string("GET\r\n\r\n"),
        std::string("GET / HTTP/9.9\r\n\r\n"), std::string("GET / HTTP/1.1\r\nhost x\r\n\r\n"),
        std::string("GET / HTTP/1.1\r\n\r\n"), std::string("GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n"),
        std::string("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: -1\r\n\r\n"),
        std::string(
            "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n")}) {
    Client client(running.port);
    client.send(garbage);
    const std::string status = status_of(client.receive());
    EXPECT_TRUE(status == "400" || status == "505") << garbage << " → " << status;
  }
  Client client(running.port);
  client.send(ecs("ListClusters", "{}"));
  EXPECT_EQ(status_of(client.receive()), "200");
}

TEST(FrontDoor, keeps_its_limits_of_size) {
  Running running;
  {
    Client client(running.port);
    client.send("GET / HTTP/1.1\r\nhost: x\r\nx-long: " + std::string(70'000, 'a') + "\r\n\r\n");
    EXPECT_EQ(status_of(client.receive()), "431");
  }
  {
    Client client(running.port);
    client.send(ecs("CreateCluster", std::string(5U << 20U, ' ')));
    const std::string reply = client.receive();
    EXPECT_EQ(status_of(reply), "413");
    EXPECT_TRUE(has(reply, "RequestEntityTooLargeException")) << reply;
    EXPECT_TRUE(has(reply, "x-amzn-RequestId: "));
  }
  {
    // Announced too large: refused before a byte of it is asked for.
    Client client(running.port);
    client.send(
        "POST / HTTP/1.1\r\nhost: x\r\nx-amz-target: AmazonEC2ContainerServiceV20141113.ListClusters\r\nexpect: "
        "100-continue\r\ncontent-length: 99999999\r\n\r\n");
    EXPECT_EQ(status_of(client.receive()), "413");
  }
  {
    Client client(running.port);
    client.send(
        "POST / HTTP/1.1\r\nhost: x\r\nx-amz-target: "
        "AmazonEC2ContainerServiceV20141113.ListClusters\r\ntransfer-encoding: chunked\r\n\r\n"
        "600000\r\n" +
        std::string(0x600000, ' '));
    EXPECT_EQ(status_of(client.receive()), "413");
  }
  {
    // What fits, fits: more than is kept in memory, less than the limit.
    Client client(running.port);
    client.send(ecs("CreateCluster", R"({"clusterName":"large")" + std::string(3U << 20U, ' ') + "}"));
    EXPECT_EQ(status_of(client.receive()), "200");
  }
  EXPECT_TRUE(becomes_empty(running));
}

TEST(FrontDoor, closes_connections_that_say_nothing_or_too_little) {
  ServerSettings limits;
  limits.idle_timeout = Duration(200);
  limits.header_timeout = Duration(200);
  limits.body_timeout = Duration(200);
  const Running running(limits);
  Client silent(running.port), slow(running.port), stuck(running.port);
  slow.send("POST / HTT");
  const std::string request = ecs("ListClusters", "{\"a\":1}");
  stuck.send(request.substr(0, request.size() - 3));
  EXPECT_TRUE(slow.closed());
  EXPECT_TRUE(silent.closed());
  EXPECT_TRUE(stuck.closed());
}

TEST(FrontDoor, takes_no_more_connections_than_it_is_told) {
  ServerSettings limits;
  limits.connections = 2;
  const Running running(limits);
  Client first(running.port), second(running.port);
  first.send(ecs("ListClusters", "{}"));
  second.send(ecs("ListClusters", "{}"));
  EXPECT_EQ(status_of(first.receive()), "200");
  EXPECT_EQ(status_of(second.receive()), "200");
  Client third(running.port);
  EXPECT_TRUE(third.closed());
}

TEST(FrontDoor, asks_for_a_body_that_waits_to_be_asked_for) {
  const Running running;
  Client client(running.port);
  const std::string body = R"({"clusterName":"waits"})";
  const std::string request = signed_request(
      "POST", "/", {{"x-amz-target", "AmazonEC2ContainerServiceV20141113.CreateCluster"}, {"expect", "100-continue"}},
      body);
  client.send(request.substr(0, request.size() - body.size()));
  EXPECT_EQ(status_of(client.receive()), "100");
  client.send(body);
  EXPECT_EQ(status_of(client.receive()), "200");
}

TEST(FrontDoor, refuses_wrong_callers_in_the_services_own_words) {
  const Running running;
  Client client(running.port);
  const auto said = [&](const std::string& request) {
    client.send(request);
    const std::string reply = client.receive();
    const auto at = reply.find("\"__type\":\"");
    return status_of(reply) + " " +
           (at == std::string::npos ? "" : reply.substr(at + 10, reply.find('"', at + 10) - at - 10));
  };
  EXPECT_EQ(said(ecs("ListClusters", "{}")), "200 ");
  EXPECT_EQ(said(ecs("ListClusters", "{}", {.key = "AKIDNOBODY"})), "400 UnrecognizedClientException");
  EXPECT_EQ(said(ecs("ListClusters", "{}", {.secret = "wrong"})), "400 InvalidSignatureException");
  EXPECT_EQ(said(ecs("ListClusters", "{}", {.service = "ecr"})), "400 InvalidSignatureException");
  EXPECT_EQ(said(ecs("ListClusters", "{}", {.key = "ASIAGOOD", .token = "token"})), "200 ");
  EXPECT_EQ(said(ecs("ListClusters", "{}", {.key = "ASIAGOOD", .token = "other"})), "400 UnrecognizedClientException");
  EXPECT_EQ(said(ecs("ListClusters", "{}", {.key = "ASIAGOOD"})), "400 UnrecognizedClientException");
  EXPECT_EQ(said(ecs("ListClusters", "{}", {.key = "ASIAOVER", .token = "token"})), "400 ExpiredTokenException");
  EXPECT_EQ(said("POST / HTTP/1.1\r\nhost: x\r\nx-amz-target: "
                 "AmazonEC2ContainerServiceV20141113.ListClusters\r\ncontent-length: 2\r\n\r\n{}"),
            "400 MissingAuthenticationTokenException");
  EXPECT_EQ(said(ecs("Nothing", "{}")), "400 UnknownOperationException");
  EXPECT_EQ(said(ecs("ExecuteCommand", "{}")), "501 NotImplemented");
  EXPECT_EQ(said(ecs("ListClusters", "{")), "400 SerializationException");
  EXPECT_EQ(
      said(signed_request(
          "POST", "/",
          {{"x-amz-target", "AmazonEC2ContainerServiceV20141113.ListClusters"}, {"user-agent", "Forbidden"}}, "{}")),
      "400 AccessDeniedException");
}

TEST(FrontDoor, keeps_accounts_and_regions_apart) {
  const Running running;
  Client client(running.port);
  client.send(ecs("CreateCluster", R"({"clusterName":"mine"})") + ecs("ListClusters", "{}", {.key = "AKIDOTHER"}) +
              ecs("ListClusters", "{}", {.region = "us-east-1"}) + ecs("ListClusters", "{}"));
  client.receive();
  EXPECT_EQ(body_of(client.receive()), R"({"clusterArns":[]})");
  EXPECT_EQ(body_of(client.receive()), R"({"clusterArns":[]})");
  EXPECT_EQ(body_of(client.receive()), R"({"clusterArns":["mine"]})");
}

TEST(FrontDoor, undoes_a_call_that_fails_and_says_no_more_than_that_it_did) {
  const Running running;
  Client client(running.port);
  client.send(ecs("CreateCluster", R"({"clusterName":"Refuse"})") + ecs("CreateCluster", R"({"clusterName":"Crash"})") +
              ecs("ListClusters", "{}"));
  EXPECT_TRUE(has(client.receive(), "refused after writing"));
  const std::string crash = client.receive();
  EXPECT_EQ(status_of(crash), "500");
  EXPECT_FALSE(has(crash, "a defect"));
  EXPECT_EQ(body_of(client.receive()), R"({"clusterArns":[]})");
}

TEST(FrontDoor, answers_only_once_what_it_did_is_on_disk) {
  const Running running;
  Client client(running.port);
  for (int i = 1; i <= 20; ++i) {
    client.send(ecs("CreateCluster", "{\"clusterName\":\"c" + std::to_string(i) + "\"}"));
    ASSERT_EQ(status_of(client.receive()), "200");
    state::Database beside(running.directory + "/state.db");
    auto count = beside.query("SELECT count(*) FROM test_clusters");
    ASSERT_TRUE(count.step());
    EXPECT_EQ(count.integer(0), i);
  }
}

TEST(FrontDoor, tells_the_audit_trail_every_call_with_its_result) {
  Running running;
  Client client(running.port);
  client.send(ecs("CreateCluster", R"({"clusterName":"a"})") + ecs("ListClusters", "{}") +
              ecs("ListClusters", "{}", {.secret = "wrong"}) + ecs("CreateCluster", R"({"clusterName":"Refuse"})"));
  for (int i = 0; i < 4; ++i) client.receive();
  std::vector<std::string> lines;
  running.on_loop([&] { lines = running.trail.lines; });
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_EQ(lines[0],
            R"(ecs:CreateCluster write {"clusterName":"a"}{"cluster":{"clusterName":"a","status":"ACTIVE"}})");
  EXPECT_EQ(lines[1], "ecs:ListClusters read {}");
  EXPECT_EQ(lines[2], "ecs:ListClusters read InvalidSignatureException");
  EXPECT_EQ(lines[3], R"(ecs:CreateCluster write {"clusterName":"Refuse"}ClientException)");
}

TEST(FrontDoor, moves_large_objects_through_files) {
  Running running;
  Client client(running.port);
  std::string object(5U << 20U, 'x');
  for (std::size_t i = 0; i < object.size(); i += 7) object[i] = static_cast<char>('a' + i % 26);
  const Signing s3{.service = "s3"};
  client.send(signed_request("PUT", "/b/k", {}, object, s3));
  const std::string put = client.receive();
  EXPECT_EQ(status_of(put), "200") << put;
  EXPECT_TRUE(has(put, "x-amz-request-id: "));
  EXPECT_TRUE(has(put, "x-amz-id-2: "));
  EXPECT_TRUE(running.objects->from_file);
  client.send(signed_request("GET", "/b/k", {}, "", s3));
  EXPECT_EQ(body_of(client.receive()), object);
  client.send(signed_request("GET", "/b/k", {{"range", "bytes=1000000-1000009"}}, "", s3));
  const std::string part = client.receive();
  EXPECT_EQ(status_of(part), "206");
  EXPECT_EQ(body_of(part), object.substr(1'000'000, 10));
  // The body that was signed is the one that counts.
  const std::string request = signed_request("PUT", "/b/k", {}, object, s3);
  std::string other = request;
  other.back() = other.back() == '!' ? '?' : '!';
  client.send(other);
  EXPECT_TRUE(has(client.receive(), "<Code>XAmzContentSHA256Mismatch</Code>"));
  EXPECT_TRUE(becomes_empty(running));
}

TEST(FrontDoor, refuses_an_upload_by_a_stranger_before_it_is_sent) {
  const Running running;
  Client client(running.port);
  client.send(signed_request("PUT", "/b/k", {{"content-length", "50000000"}, {"expect", "100-continue"}}, "",
                             {.secret = "wrong", .service = "s3", .payload_hash = "UNSIGNED-PAYLOAD"}));
  const std::string reply = client.receive();
  EXPECT_EQ(status_of(reply), "403");
  EXPECT_TRUE(has(reply, "<Code>SignatureDoesNotMatch</Code>"));
  Client known(running.port);
  known.send(signed_request("PUT", "/b/k", {{"content-length", "4"}, {"expect", "100-continue"}}, "",
                            {.service = "s3", .payload_hash = "UNSIGNED-PAYLOAD"}));
  EXPECT_EQ(status_of(known.receive()), "100");
  known.send("data");
  EXPECT_EQ(status_of(known.receive()), "200");
}

TEST(FrontDoor, decodes_and_checks_aws_chunked_uploads) {
  Running running;
  const auto put = [&](const std::string& checksum) {
    Client client(running.port);
    const std::string body = "4\r\n1234\r\n5\r\n56789\r\n0\r\nx-amz-checksum-crc32:" + checksum + "\r\n\r\n";
    client.send(signed_request("PUT", "/b/k",
                               {{"content-encoding", "gzip,aws-chunked"},
                                {"x-amz-decoded-content-length", "9"},
                                {"x-amz-trailer", "x-amz-checksum-crc32"}},
                               body, {.service = "s3", .payload_hash = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"}));
    return client.receive();
  };
  EXPECT_TRUE(has(put("AAAAAA=="), "<Code>BadDigest</Code>"));
  EXPECT_EQ(status_of(put("y/Q5Jg==")), "200");
  EXPECT_EQ(running.objects->headers["x-amz-checksum-crc32"], "y/Q5Jg==");
  EXPECT_EQ(running.objects->headers["content-encoding"], "gzip");
  EXPECT_EQ(running.objects->headers["content-length"], "9");
  EXPECT_EQ(*read_file(running.directory + "/object"), "123456789");
}

TEST(FrontDoor, finishes_what_runs_before_it_stops) {
  Running running;
  Client busy(running.port), idle(running.port);
  busy.send("GET /v2/slow HTTP/1.1\r\nhost: x\r\n\r\n");
  // The handler has the request once a later one on the loop is through.
  Client other(running.port);
  other.send(ecs("ListClusters", "{}"));
  EXPECT_EQ(status_of(other.receive()), "200");
  running.finish();
  EXPECT_EQ(body_of(busy.receive()), "GET 0");
  EXPECT_TRUE(idle.closed());
  EXPECT_TRUE(Client(running.port).closed());
}

TEST(FrontDoor, shows_its_health_and_its_counts) {
  Running running;
  Client client(running.port);
  client.send(ecs("ListClusters", "{}") + ecs("ListClusters", "{}", {.secret = "wrong"}) + ecs("Strange\"Name", "{}"));
  for (int i = 0; i < 3; ++i) client.receive();
  client.send("GET /_stratus/health HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n");
  EXPECT_TRUE(has(client.receive(), R"("status":"running","version":"1.2.3")"));
  client.send("GET /_stratus/metrics HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n");
  const std::string metrics = client.receive();
  EXPECT_TRUE(has(metrics, "stratus_requests_total{service=\"ecs\",operation=\"ListClusters\",status=\"200\"} 1\n"))
      << metrics;
  EXPECT_TRUE(has(metrics, "stratus_requests_total{service=\"ecs\",operation=\"ListClusters\",status=\"400\"} 1\n"));
  EXPECT_TRUE(has(metrics, "stratus_requests_total{service=\"ecs\",operation=\"unknown\",status=\"400\"} 1\n"));
  EXPECT_FALSE(has(metrics, "Strange"));
  EXPECT_TRUE(has(metrics, "stratus_connections 1\n"));
  client.send("GET /_stratus/health HTTP/1.1\r\nhost: evil.example.com\r\n\r\n");
  EXPECT_EQ(status_of(client.receive()), "403");
}

/// The SDK that most clients are made of, against the same port.
TEST(FrontDoor, serves_boto3) {
  const Running running;
  ASSERT_EQ(std::system("python3 -c 'import boto3'"), 0) << "python3 has no boto3: scripts/setup.sh";
  const std::string script = (std::filesystem::path(__FILE__).parent_path() / "front_door_boto3.py").string();
  EXPECT_EQ(std::system(("python3 " + script + " " + std::to_string(running.port)).c_str()), 0);
}

}  // namespace
}  // namespace stratus::wire::testing
