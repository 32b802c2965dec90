#include "stratus/services/kms/service.h"

#include <gtest/gtest.h>

#include "stratus/core/simulated_loop.h"

namespace stratus::services::kms {
namespace {

namespace k = aws::kms;

struct Kms : testing::Test {
  SimulatedLoop loop;
  state::Store store{loop, ""};
  SeededRandom random{1};
  Service service{loop, store, random};

  aws::Context context() {
    aws::Context c;
    c.account = "000000000000";
    c.region = "us-east-1";
    c.now = loop.now();
    return c;
  }
  std::string create() {
    auto c = context();
    return *service.create_key(c, {}).key_metadata->key_id;
  }
};

std::string code_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const aws::Error& e) {
    return e.code;
  }
  return "";
}

TEST_F(Kms, decrypts_what_it_encrypted_and_only_in_the_same_context) {
  auto c = context();
  const auto id = create();
  const auto sealed =
      service.encrypt(c, {.key_id = id, .plaintext = Blob{"secret"}, .encryption_context = {{{"a", "b"}}}});
  EXPECT_EQ(sealed.ciphertext_blob->bytes.find("secret"), std::string::npos);
  EXPECT_EQ(service.decrypt(c, {.ciphertext_blob = sealed.ciphertext_blob, .encryption_context = {{{"a", "b"}}}})
                .plaintext->bytes,
            "secret");
  EXPECT_EQ(code_of([&] {
              service.decrypt(c, {.ciphertext_blob = sealed.ciphertext_blob, .encryption_context = {{{"a", "c"}}}});
            }),
            "InvalidCiphertextException");
  auto broken = sealed.ciphertext_blob->bytes;
  broken.back() = static_cast<char>(broken.back() ^ 1);
  EXPECT_EQ(code_of([&] {
              service.decrypt(c, {.ciphertext_blob = Blob{broken}, .encryption_context = {{{"a", "b"}}}});
            }),
            "InvalidCiphertextException");
}

TEST_F(Kms, finds_a_key_by_id_arn_and_alias) {
  auto c = context();
  const auto id = create();
  service.create_alias(c, {.alias_name = "alias/app", .target_key_id = id});
  for (const std::string& name : {id, "arn:aws:kms:us-east-1:000000000000:key/" + id, std::string("alias/app"),
                                  std::string("arn:aws:kms:us-east-1:000000000000:alias/app")})
    EXPECT_EQ(service.describe_key(c, {.key_id = name}).key_metadata->key_id, id) << name;
  EXPECT_EQ(code_of([&] { service.describe_key(c, {.key_id = "alias/other"}); }), "NotFoundException");
  EXPECT_EQ(code_of([&] { service.create_alias(c, {.alias_name = "alias/app", .target_key_id = id}); }),
            "AlreadyExistsException");
}

TEST_F(Kms, a_disabled_key_neither_encrypts_nor_decrypts) {
  auto c = context();
  const auto id = create();
  const auto sealed = service.encrypt(c, {.key_id = id, .plaintext = Blob{"x"}});
  service.disable_key(c, {.key_id = id});
  EXPECT_EQ(code_of([&] { service.encrypt(c, {.key_id = id, .plaintext = Blob{"x"}}); }), "DisabledException");
  EXPECT_EQ(code_of([&] { service.decrypt(c, {.ciphertext_blob = sealed.ciphertext_blob}); }), "DisabledException");
  service.enable_key(c, {.key_id = id});
  EXPECT_EQ(service.decrypt(c, {.ciphertext_blob = sealed.ciphertext_blob}).plaintext->bytes, "x");
}

TEST_F(Kms, a_key_goes_when_its_window_is_over_and_not_before) {
  service.start();
  auto c = context();
  const auto id = create();
  service.create_alias(c, {.alias_name = "alias/app", .target_key_id = id});
  service.schedule_key_deletion(c, {.key_id = id, .pending_window_in_days = 7});
  loop.advance(std::chrono::hours(24 * 7) - std::chrono::minutes(5));
  EXPECT_EQ(service.describe_key(c, {.key_id = id}).key_metadata->key_state, "PendingDeletion");
  loop.advance(std::chrono::minutes(10));
  EXPECT_EQ(code_of([&] { service.describe_key(c, {.key_id = id}); }), "NotFoundException");
  EXPECT_EQ(code_of([&] { service.describe_key(c, {.key_id = "alias/app"}); }), "NotFoundException");
}

TEST_F(Kms, rotation_makes_new_material_and_old_ciphertexts_still_decrypt) {
  service.start();
  auto c = context();
  const auto id = create();
  service.enable_key_rotation(c, {.key_id = id, .rotation_period_in_days = 90});
  const auto before = service.encrypt(c, {.key_id = id, .plaintext = Blob{"old"}});
  loop.advance(std::chrono::hours(24 * 91));
  const auto after = service.encrypt(c, {.key_id = id, .plaintext = Blob{"new"}});
  EXPECT_NE(before.ciphertext_blob->bytes[37], after.ciphertext_blob->bytes[37]) << "another generation of material";
  EXPECT_EQ(service.decrypt(c, {.ciphertext_blob = before.ciphertext_blob}).plaintext->bytes, "old");
  EXPECT_EQ(service.decrypt(c, {.ciphertext_blob = after.ciphertext_blob}).plaintext->bytes, "new");
}

TEST_F(Kms, what_it_does_not_do_it_refuses_by_name) {
  auto c = context();
  EXPECT_EQ(code_of([&] { service.create_key(c, {.key_usage = "SIGN_VERIFY", .key_spec = "SM2"}); }), "NotImplemented");
  EXPECT_EQ(code_of([&] { service.create_key(c, {.multi_region = true}); }), "NotImplemented");
}

}  // namespace
}  // namespace stratus::services::kms
