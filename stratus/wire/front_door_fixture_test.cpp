#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <future>

#include "stratus/core/crypto.h"
#include "stratus/core/process.h"
#include "stratus/wire/front_door_test.h"

namespace stratus::wire::testing {

aws::ecs::CreateClusterResponse Clusters::create_cluster(aws::Context& context,
                                                         const aws::ecs::CreateClusterRequest& request) {
  const std::string name = request.cluster_name.value_or("default");
  rows.put({context.account, context.region, name}, {name});
  if (name == "Crash") throw std::runtime_error("a defect");
  if (name == "Refuse") throw aws::Error("ClientException", 400, "refused after writing");
  return {.cluster = aws::ecs::Cluster{.cluster_name = name, .status = "ACTIVE"}};
}

aws::ecs::ListClustersResponse Clusters::list_clusters(aws::Context& context, const aws::ecs::ListClustersRequest&) {
  aws::ecs::ListClustersResponse out{.cluster_arns = std::vector<std::string>{}};
  for (const Row* row : rows.list(context.account, context.region)) out.cluster_arns->push_back(row->name);
  return out;
}

namespace {

struct ObjectRequest {
  std::string bucket, key;
  Blob body;
  static const Shape& shape() {
    static const Member members[] = {
        {.name = "Bucket",
         .wire = "Bucket",
         .offset = offsetof(ObjectRequest, bucket),
         .shape = &shape_of<std::string>,
         .optional = false,
         .location = Location::uri},
        {.name = "Key",
         .wire = "Key",
         .offset = offsetof(ObjectRequest, key),
         .shape = &shape_of<std::string>,
         .optional = false,
         .location = Location::uri},
        {.name = "Body",
         .wire = "Body",
         .offset = offsetof(ObjectRequest, body),
         .shape = &shape_of<Blob>,
         .optional = false,
         .payload = true},
    };
    static const Shape shape = shape_detail::structure<ObjectRequest>("ObjectRequest", members);
    return shape;
  }
};

struct Nothing {
  bool unused = false;
  static const Shape& shape() {
    static const Shape shape = shape_detail::structure<Nothing>("Nothing", {});
    return shape;
  }
};

using Decode = std::function<void(void*)>;
using Encode = std::function<void(const void*)>;

}  // namespace

const aws::ServiceModel& Objects::model() {
  static const aws::Operation operations[] = {
      {.name = "PutObject",
       .method = "PUT",
       .uri = "/{Bucket}/{Key+}",
       .input = &shape_of<ObjectRequest>,
       .output = &shape_of<Nothing>,
       .invoke =
           [](aws::Service& service, aws::Context& context, const Decode& decode, const Encode& encode) {
             ObjectRequest request;
             decode(&request);
             static_cast<Objects&>(service).put(context, request.body.bytes);
             const Nothing response;
             encode(&response);
           }},
      {.name = "GetObject",
       .method = "GET",
       .uri = "/{Bucket}/{Key+}",
       .input = &shape_of<ObjectRequest>,
       .output = &shape_of<Nothing>,
       .invoke =
           [](aws::Service& service, aws::Context& context, const Decode& decode, const Encode& encode) {
             ObjectRequest request;
             decode(&request);
             static_cast<Objects&>(service).get(context);
             const Nothing response;
             encode(&response);
           }},
      {.name = "UploadPart", .method = "PUT", .uri = "/{Bucket}/{Key+}"},
  };
  static const aws::ServiceModel model{"s3", aws::Protocol::rest_xml, "",         "", "2006-03-01", "", "s3", "s3",
                                       "s3", "s3.amazonaws.com",      operations, {}};
  return model;
}

void Objects::put(aws::Context& context, const std::string& body) {
  headers = context.headers;
  from_file = !context.body.path.empty();
  const std::string path = directory_ + "/object";
  if (from_file)
    std::filesystem::copy_file(context.body.path, path, std::filesystem::copy_options::overwrite_existing);
  else
    std::ofstream(path, std::ios::binary) << body;
}

void Objects::get(aws::Context& context) const {
  const std::string path = directory_ + "/object";
  context.response_body = {path, 0, std::filesystem::file_size(path)};
  const auto range = context.headers.find("range");
  if (range == context.headers.end()) return;
  unsigned long long from = 0, to = 0;
  EXPECT_EQ(std::sscanf(range->second.c_str(), "bytes=%llu-%llu", &from, &to), 2);
  context.response_body.offset = from;
  context.response_body.length = to - from + 1;
  context.response_status = 206;
}

std::optional<Credential> Keys::find(const std::string& access_key_id) const {
  Credential out{.secret = "secret", .session_token = "", .expires = {}, .identity = {}};
  out.identity.account = "123456789012";
  out.identity.arn = "arn:aws:iam::123456789012:user/ann";
  if (access_key_id == "AKIDTEST") return out;
  if (access_key_id == "AKIDOTHER") {
    out.identity.account = "999999999999";
    return out;
  }
  out.session_token = "token";
  if (access_key_id == "ASIAGOOD") return out;
  out.expires = Timestamp{1'000};
  if (access_key_id == "ASIAOVER") return out;
  return std::nullopt;
}

void Guard::authorize(const aws::Context& context, const std::string& action,
                      const std::vector<std::string>& resources) const {
  if (context.user_agent == "Forbidden")
    throw aws::Error("AccessDenied", 403,
                     "User: " + context.identity.arn + " is not authorized to perform: " + action +
                         " on resource: " + resources.at(0));
}

void Trail::record(const CallRecord& call) {
  lines.push_back(std::string(call.service->name) + ":" + call.operation + (call.read_only ? " read " : " write ") +
                  call.request_json + call.response_json + call.error_code);
}

Running::Running(ServerSettings limits) {
  std::string name = "/tmp/stratus-wire-XXXXXX";
  directory = ::mkdtemp(name.data());
  std::filesystem::create_directories(spool());
  store = std::make_unique<state::Store>(loop, directory);
  clusters = std::make_unique<Clusters>(*store);
  objects = std::make_unique<Objects>(directory);
  FrontDoorSettings settings;
  settings.server = limits;
  settings.server.port = 0;
  settings.server.spool_directory = spool();
  settings.version = "1.2.3";
  settings.body_limit = 4U << 20U;
  settings.s3_body_limit = 64U << 20U;
  door = std::make_unique<FrontDoor>(loop, *store, random, settings);
  door->add(aws::ecs::model(), *clusters);
  door->add(Objects::model(), *objects);
  door->set_credentials(keys);
  door->set_authorizer(guard);
  door->set_audit(trail);
  door->add_raw("/v2", [this](const HttpRequest& request, std::function<void(HttpReply)> reply) {
    loop.after(Duration(150),
               [reply = std::move(reply), method = request.method, size = request.body.size() + request.file.length] {
                 HttpReply out;
                 out.body = method + " " + std::to_string(size);
                 reply(std::move(out));
               });
  });
  door->listen();
  port = door->port();
  thread = std::thread([this] { loop.run(); });
}

void Running::finish() {
  if (!thread.joinable()) return;
  loop.post([this] { door->stop(Duration(2'000), [this] { loop.stop(); }); });
  thread.join();
}

Running::~Running() {
  finish();
  door.reset();
  clusters.reset();
  store.reset();
  std::filesystem::remove_all(directory);
}

void Running::on_loop(const std::function<void()>& work) {
  std::promise<void> done;
  loop.post([&] {
    work();
    done.set_value();
  });
  done.get_future().wait();
}

Client::Client(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const timeval patience{8, 0};
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) fd_.reset();
}

void Client::send(std::string_view bytes) const {
  while (!bytes.empty()) {
    const auto sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;  // the server may refuse in the middle
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

bool Client::more() {
  char chunk[65536];
  const auto got = ::recv(fd_.get(), chunk, sizeof chunk, 0);
  if (got <= 0) return false;
  buffer_.append(chunk, static_cast<std::size_t>(got));
  return true;
}

std::string Client::receive(bool head) {
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos)
    if (!more()) return std::exchange(buffer_, {});
  std::size_t length = 0;
  if (const auto at = buffer_.find("Content-Length: "); at < end && !head) length = std::stoul(buffer_.substr(at + 16));
  while (buffer_.size() < end + 4 + length)
    if (!more()) return std::exchange(buffer_, {});
  std::string out = buffer_.substr(0, end + 4 + length);
  buffer_.erase(0, out.size());
  return out;
}

bool Client::closed() {
  if (!fd_) return true;
  char byte = 0;
  const auto got = ::recv(fd_.get(), &byte, 1, 0);
  return got == 0 || (got < 0 && errno == ECONNRESET);
}

std::string status_of(const std::string& reply) { return reply.size() < 12 ? reply : reply.substr(9, 3); }
std::string body_of(const std::string& reply) {
  const auto at = reply.find("\r\n\r\n");
  return at == std::string::npos ? "" : reply.substr(at + 4);
}

std::string signed_request(const std::string& method, const std::string& target,
                           std::map<std::string, std::string> headers, const std::string& body,
                           const Signing& signing) {
  const auto mark = target.find('?');
  SignedRequest request{method,
                        target.substr(0, mark),
                        mark == std::string::npos ? "" : target.substr(mark + 1),
                        {},
                        signing.payload_hash.empty() ? crypto::sha256_hex(body) : signing.payload_hash};
  request.headers = {{"host", "127.0.0.1:4566"}};
  if (!signing.token.empty()) request.headers["x-amz-security-token"] = signing.token;
  for (const auto& [name, value] : headers)
    if (name.starts_with("x-amz-")) request.headers[name] = value;
  sign(request, signing.key, signing.secret, signing.region, signing.service, SystemClock().now());
  std::string out = method + " " + target + " HTTP/1.1\r\n";
  for (const auto& [name, value] : headers) request.headers[name] = value;
  if (request.headers.count("transfer-encoding") == 0 && request.headers.count("content-length") == 0)
    request.headers["content-length"] = std::to_string(body.size());
  for (const auto& [name, value] : request.headers) out += name + ": " + value + "\r\n";
  return out + "\r\n" + body;
}

std::string ecs(const std::string& operation, const std::string& body, const Signing& signing) {
  return signed_request("POST", "/",
                        {{"x-amz-target", "AmazonEC2ContainerServiceV20141113." + operation},
                         {"content-type", "application/x-amz-json-1.1"}},
                        body, signing);
}

}  // namespace stratus::wire::testing
