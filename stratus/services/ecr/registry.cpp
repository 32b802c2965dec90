// The registry itself: the OCI distribution API (v2) over HTTP.
// https://github.com/opencontainers/distribution-spec/blob/main/spec.md
#include <fcntl.h>
#include <unistd.h>

#include <boost/json.hpp>

#include "stratus/core/arn.h"
#include "stratus/core/base64.h"
#include "stratus/core/crypto.h"
#include "stratus/core/fd.h"
#include "stratus/core/log.h"
#include "stratus/core/text.h"
#include "stratus/services/ecr/service.h"
#include "stratus/wire/codec.h"

namespace stratus::services::ecr {
namespace {

using wire::HttpReply;
using wire::HttpRequest;

HttpReply error_reply(int status, const std::string& code, const std::string& message) {
  HttpReply out;
  out.status = status;
  out.headers["Content-Type"] = "application/json";
  out.body = "{\"errors\":[{\"code\":" + text::json_quote(code) + ",\"message\":" + text::json_quote(message) + "}]}";
  return out;
}

HttpReply error_reply(const Failure& why) {
  switch (why.error) {
    case ENOENT:
      return error_reply(404, "BLOB_UNKNOWN", why.message());
    case EBADMSG:
      return error_reply(400, "DIGEST_INVALID", why.message());
    case EINVAL:
      return error_reply(400, "MANIFEST_INVALID", why.message());
    case EFBIG:
      return error_reply(413, "SIZE_INVALID", why.message());
    case ERANGE:
      return error_reply(416, "BLOB_UPLOAD_INVALID", why.message());
    default:
      log::error("registry.failed", {{"error", why.message()}});
      return error_reply(500, "UNKNOWN", why.message());
  }
}

/// Appends a request's body, from memory or from where it was spooled. On the pool.
Result<std::uint64_t> append(images::ImageStore& store, const std::string& upload, const std::string& body,
                             const aws::FileBody& file, std::int64_t offset) {
  if (file.path.empty()) return body.empty() ? store.upload_size(upload) : store.append_upload(upload, body, offset);
  const UniqueFd fd(::open(file.path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return failure("open " + file.path);
  std::string chunk(1U << 20U, '\0');
  Result<std::uint64_t> size = store.upload_size(upload);
  for (;;) {
    const auto got = ::read(fd.get(), chunk.data(), chunk.size());
    if (got < 0) return failure("read " + file.path);
    if (got == 0) return size;
    size = store.append_upload(upload, std::string_view(chunk).substr(0, static_cast<std::size_t>(got)), offset);
    if (!size) return size;
    offset = -1;
  }
}

std::string query_value(const std::string& target, const std::string& name) {
  const auto mark = target.find('?');
  if (mark == std::string::npos) return "";
  for (const auto& [key, value] : wire::parse_form(std::string_view(target).substr(mark + 1)))
    if (key == name) return value;
  return "";
}

std::int64_t range_start(const HttpRequest& request) {
  const auto found = request.headers.find("content-range");
  if (found == request.headers.end()) return -1;
  return std::strtoll(found->second.c_str(), nullptr, 10);
}

}  // namespace

std::optional<Service::Caller> Service::authenticate(const HttpRequest& request) const {
  const auto header = request.headers.find("authorization");
  if (header == request.headers.end() || !text::lower(header->second.substr(0, 6)).starts_with("basic "))
    return std::nullopt;
  const auto pair = base64::decode(text::trim(std::string_view(header->second).substr(6)));
  if (!pair || !pair->starts_with("AWS:")) return std::nullopt;
  const auto sealed = base64::decode(std::string_view(*pair).substr(4));
  const auto token = sealed ? crypto::unseal(token_key_, *sealed, "ecr-token") : std::nullopt;
  if (!token) return std::nullopt;
  const auto parts = text::split(*token, '|');
  if (parts.size() != 6 || Timestamp{std::stoll(parts[2])} < loop_.clock().now()) return std::nullopt;
  Caller out{parts[0], parts[1], {}};
  out.identity.account = parts[0];
  out.identity.kind = static_cast<aws::Identity::Kind>(std::stoi(parts[3]));
  out.identity.access_key_id = parts[4];
  out.identity.arn = parts[5];
  return out;
}

bool Service::permits(const Caller& caller, const std::string& action, const std::string& name) const {
  if (caller.identity.kind == aws::Identity::Kind::root) return true;
  const std::string arn = make_arn("ecr", caller.region, caller.account, "repository/" + name);
  const auto by_repository = policy_decision(arn, action, caller.identity.arn);
  if (by_repository == iam::Decision::explicit_deny) return false;
  aws::Context context;
  context.account = caller.account;
  context.region = caller.region;
  context.identity = caller.identity;
  context.now = loop_.clock().now();
  return by_repository == iam::Decision::allow || !permits_ || permits_(context, action, arn);
}

/// One request on its way: what its blocking half needs and where its answer goes. Kept alive by the closures that
/// carry it.
class RegistryCall : public std::enable_shared_from_this<RegistryCall> {
 public:
  RegistryCall(Service& service, HttpRequest request, std::function<void(HttpReply)> reply)
      : service_(service), request_(std::move(request)), reply_(std::move(reply)) {}

  void run() {
    auto caller = service_.authenticate(request_);
    if (!caller) {
      HttpReply out =
          error_reply(401, "UNAUTHORIZED", "Not Authorized: log in with the password of `aws ecr get-login-password`");
      out.headers["WWW-Authenticate"] = "Basic realm=\"ecr\",service=\"ecr.amazonaws.com\"";
      return answer(std::move(out));
    }
    caller_ = *caller;
    const std::string path = request_.target.substr(0, request_.target.find('?'));
    if (path == "/v2" || path == "/v2/") return answer({});
    const std::string rest = path.substr(4);
    try {
      if (const auto at = rest.rfind("/blobs/uploads"); at != std::string::npos)
        return uploads(rest.substr(0, at), rest.size() > at + 15 ? rest.substr(at + 15) : "");
      if (const auto at = rest.rfind("/blobs/"); at != std::string::npos)
        return blob(rest.substr(0, at), rest.substr(at + 7));
      if (const auto at = rest.rfind("/manifests/"); at != std::string::npos)
        return manifest(rest.substr(0, at), rest.substr(at + 11));
      if (rest.ends_with("/tags/list") && request_.method == "GET") return tags(rest.substr(0, rest.size() - 10));
      answer(error_reply(404, "UNSUPPORTED", "no such path"));
    } catch (const aws::Error& e) {
      answer(error_reply(e.code == "RepositoryNotFoundException" ? 404 : e.status,
                         e.code == "RepositoryNotFoundException"      ? "NAME_UNKNOWN"
                         : e.code == "ImageTagAlreadyExistsException" ? "TAG_INVALID"
                                                                      : "DENIED",
                         e.message));
    }
  }

 private:
  void answer(HttpReply out) {
    out.headers["Docker-Distribution-Api-Version"] = "registry/2.0";
    // What changed must be durable before the client hears of it.
    if (service_.store_.dirty()) {
      auto held = std::make_shared<HttpReply>(std::move(out));
      service_.store_.after_commit([held, reply = reply_] { reply(std::move(*held)); });
    } else {
      reply_(std::move(out));
    }
  }

  /// Runs `work` on the pool and `then` on the loop; an aws::Error of `then` is answered.
  void blocking(std::function<void()> work, std::function<void()> then) {
    service_.loop_.run_blocking(std::move(work), [self = shared_from_this(), then = std::move(then)] {
      try {
        then();
      } catch (const aws::Error& e) {
        self->answer(
            error_reply(e.code == "RepositoryNotFoundException" || e.code == "LayersNotFoundException" ? 404 : 400,
                        e.code == "LayersNotFoundException"          ? "MANIFEST_BLOB_UNKNOWN"
                        : e.code == "ImageTagAlreadyExistsException" ? "TAG_INVALID"
                        : e.code == "RepositoryNotFoundException"    ? "NAME_UNKNOWN"
                                                                     : "DENIED",
                        e.message));
      }
    });
  }

  /// Throws what becomes a 403 where the caller may not do what it asks of the repository.
  void authorize(const std::string& name) {
    const bool read = method("GET") || method("HEAD");
    const std::string& target = request_.target;
    std::string action = "ecr:ListImages";
    if (target.find("/blobs/uploads") != std::string::npos)
      action = method("POST")  ? "ecr:InitiateLayerUpload"
               : method("PUT") ? "ecr:CompleteLayerUpload"
                               : "ecr:UploadLayerPart";
    else if (target.find("/blobs/") != std::string::npos)
      action = method("HEAD") ? "ecr:BatchCheckLayerAvailability" : "ecr:GetDownloadUrlForLayer";
    else if (target.find("/manifests/") != std::string::npos)
      action = read ? "ecr:BatchGetImage" : method("DELETE") ? "ecr:BatchDeleteImage" : "ecr:PutImage";
    if (!service_.permits(caller_, action, name))
      throw aws::Error("AccessDeniedException", 403,
                       "User: " + caller_.identity.arn + " is not authorized to perform: " + action +
                           " on resource: " + make_arn("ecr", caller_.region, caller_.account, "repository/" + name));
  }

  bool method(std::string_view wanted) const { return request_.method == wanted; }
  images::ImageStore& store() { return service_.images_; }

  void record_layer(const std::string& name, const std::string& digest, std::uint64_t size) {
    service_.store_.call([&] {
      service_.layers_.put({caller_.account, caller_.region, name + "\n" + digest},
                           {static_cast<std::int64_t>(size), service_.loop_.clock().now()});
    });
  }

  void accepted(const std::string& name, const std::string& upload, std::uint64_t size) {
    HttpReply out;
    out.status = 202;
    out.headers["Location"] = "/v2/" + name + "/blobs/uploads/" + upload;
    out.headers["Docker-Upload-UUID"] = upload;
    out.headers["Range"] = "0-" + std::to_string(size == 0 ? 0 : size - 1);
    answer(std::move(out));
  }

  void created(const std::string& name, const std::string& digest) {
    HttpReply out;
    out.status = 201;
    out.headers["Location"] = "/v2/" + name + "/blobs/" + digest;
    out.headers["Docker-Content-Digest"] = digest;
    answer(std::move(out));
  }

  void uploads(const std::string& name, const std::string& upload) {
    service_.repository(caller_.account, caller_.region, name);
    authorize(name);
    auto self = shared_from_this();
    if (upload.empty() && method("POST")) {
      // A mount is granted where another repository of the account holds the blob already.
      const std::string mount = query_value(request_.target, "mount"), from = query_value(request_.target, "from"),
                        digest = query_value(request_.target, "digest");
      if (!mount.empty())
        if (const Layer* layer = service_.layers_.find(caller_.account, caller_.region, from + "\n" + mount)) {
          record_layer(name, mount, static_cast<std::uint64_t>(layer->size));
          return created(name, mount);
        }
      auto begun = std::make_shared<Result<std::string>>(failure("begin upload", 0));
      return blocking([self, begun] { *begun = self->store().begin_upload(); },
                      [self, begun, name, digest] {
                        if (!*begun) return self->answer(error_reply(begun->error()));
                        if (!digest.empty()) return self->finish(name, **begun, digest);
                        self->accepted(name, **begun, 0);
                      });
    }
    if (method("PATCH")) {
      auto size = std::make_shared<Result<std::uint64_t>>(failure("append", 0));
      return blocking(
          [self, size, upload] {
            *size =
                append(self->store(), upload, self->request_.body, self->request_.file, range_start(self->request_));
          },
          [self, size, name, upload] {
            if (!*size) return self->answer(error_reply(size->error()));
            self->accepted(name, upload, **size);
          });
    }
    if (method("PUT")) return finish(name, upload, query_value(request_.target, "digest"));
    if (method("GET")) {
      auto size = std::make_shared<Result<std::uint64_t>>(failure("size", 0));
      return blocking([self, size, upload] { *size = self->store().upload_size(upload); },
                      [self, size, name, upload] {
                        if (!*size) return self->answer(error_reply(404, "BLOB_UPLOAD_UNKNOWN", "no such upload"));
                        self->accepted(name, upload, **size);
                      });
    }
    if (method("DELETE")) {
      auto done = std::make_shared<Result<>>();
      return blocking([self, done, upload] { *done = self->store().cancel_upload(upload); },
                      [self, done] {
                        HttpReply out;
                        out.status = done->ok() ? 204 : 404;
                        self->answer(std::move(out));
                      });
    }
    answer(error_reply(405, "UNSUPPORTED", "method not allowed"));
  }

  void finish(const std::string& name, const std::string& upload, const std::string& digest) {
    auto self = shared_from_this();
    auto blob = std::make_shared<Result<images::BlobFile>>(failure("finish upload", 0));
    blocking(
        [self, blob, upload, digest] {
          const auto size =
              append(self->store(), upload, self->request_.body, self->request_.file, range_start(self->request_));
          *blob = size ? self->store().finish_upload(upload, digest) : Result<images::BlobFile>(size.error());
        },
        [self, blob, name, digest] {
          if (!*blob) return self->answer(error_reply(blob->error()));
          self->record_layer(name, digest, (*blob)->size);
          self->created(name, digest);
        });
  }

  void blob(const std::string& name, const std::string& digest) {
    service_.repository(caller_.account, caller_.region, name);
    authorize(name);
    if (!method("GET") && !method("HEAD")) return answer(error_reply(405, "UNSUPPORTED", "method not allowed"));
    if (service_.layers_.find(caller_.account, caller_.region, name + "\n" + digest) == nullptr)
      return answer(error_reply(404, "BLOB_UNKNOWN", "blob unknown to registry"));
    auto self = shared_from_this();
    auto found = std::make_shared<Result<images::BlobFile>>(failure("find blob", 0));
    blocking([self, found, digest] { *found = self->store().find_blob(digest); },
             [self, found, digest] {
               if (!*found) return self->answer(error_reply(found->error()));
               HttpReply out;
               out.headers["Content-Type"] = "application/octet-stream";
               out.headers["Docker-Content-Digest"] = digest;
               out.file = {(*found)->path, 0, (*found)->size};
               const auto range = self->request_.headers.find("range");
               unsigned long long from = 0, to = (*found)->size == 0 ? 0 : (*found)->size - 1;
               if (range != self->request_.headers.end() &&
                   std::sscanf(range->second.c_str(), "bytes=%llu-%llu", &from, &to) >= 1) {
                 if (from >= (*found)->size)
                   return self->answer(error_reply(416, "RANGE_INVALID", "range not satisfiable"));
                 to = std::min<unsigned long long>(to, (*found)->size - 1);
                 out.status = 206;
                 out.headers["Content-Range"] =
                     "bytes " + std::to_string(from) + "-" + std::to_string(to) + "/" + std::to_string((*found)->size);
                 out.file.offset = from;
                 out.file.length = to - from + 1;
               }
               self->answer(std::move(out));
             });
  }

  void manifest(const std::string& name, const std::string& reference) {
    service_.repository(caller_.account, caller_.region, name);
    authorize(name);
    auto self = shared_from_this();
    if (method("PUT")) {
      if (!request_.file.path.empty()) return answer(error_reply(413, "SIZE_INVALID", "the manifest is too large"));
      const bool by_digest = images::valid_digest(reference);
      auto stored = std::make_shared<Result<images::StoredManifest>>(failure("put manifest", 0));
      return blocking(
          [self, stored, reference, by_digest] {
            *stored = self->store().put_manifest(self->request_.headers["content-type"], self->request_.body,
                                                 by_digest ? reference : "");
          },
          [self, stored, name, reference, by_digest] {
            if (!*stored) {
              const Failure& why = stored->error();
              return self->answer(why.error == ENOENT ? error_reply(404, "MANIFEST_BLOB_UNKNOWN", why.message())
                                                      : error_reply(why));
            }
            self->service_.store_.call(
                [&] { self->service_.record_image(self->caller_, name, **stored, by_digest ? "" : reference); });
            HttpReply out;
            out.status = 201;
            out.headers["Location"] = "/v2/" + name + "/manifests/" + (*stored)->digest;
            out.headers["Docker-Content-Digest"] = (*stored)->digest;
            self->answer(std::move(out));
          });
    }
    const Image* image = service_.find_image(caller_.account, caller_.region, name, reference);
    if (image == nullptr) return answer(error_reply(404, "MANIFEST_UNKNOWN", "Requested image not found"));
    if (method("DELETE")) {
      const std::string digest = image->digest;
      service_.store_.call([&] { service_.rows_.erase({caller_.account, caller_.region, name + "\n" + digest}); });
      HttpReply out;
      out.status = 202;
      return answer(std::move(out));
    }
    if (!method("GET") && !method("HEAD")) return answer(error_reply(405, "UNSUPPORTED", "method not allowed"));
    auto read = std::make_shared<Result<images::StoredManifest>>(failure("read manifest", 0));
    blocking([self, read, digest = image->digest] { *read = self->store().get_manifest(digest); },
             [self, read] {
               if (!*read) return self->answer(error_reply(read->error()));
               HttpReply out;
               out.headers["Content-Type"] = (*read)->media_type;
               out.headers["Docker-Content-Digest"] = (*read)->digest;
               out.content_length = (*read)->body.size();
               out.body = (*read)->body;
               self->answer(std::move(out));
             });
  }

  void tags(const std::string& name) {
    service_.repository(caller_.account, caller_.region, name);
    authorize(name);
    std::string list;
    for (const Image* image : service_.images_of(caller_.account, caller_.region, name))
      for (const auto& tag : image->tags) list += (list.empty() ? "" : ",") + text::json_quote(tag);
    HttpReply out;
    out.headers["Content-Type"] = "application/json";
    out.body = "{\"name\":" + text::json_quote(name) + ",\"tags\":[" + list + "]}";
    answer(std::move(out));
  }

  Service& service_;
  HttpRequest request_;
  std::function<void(HttpReply)> reply_;
  Service::Caller caller_;
};

void Service::serve(HttpRequest request, std::function<void(HttpReply)> reply) {
  std::make_shared<RegistryCall>(*this, std::move(request), std::move(reply))->run();
}

}  // namespace stratus::services::ecr
