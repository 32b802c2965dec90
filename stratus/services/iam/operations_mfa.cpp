// Virtual MFA devices: seeds, and the codes that prove them.
#include <algorithm>
#include <cstdlib>

#include "stratus/core/arn.h"
#include "stratus/core/crypto.h"
#include "stratus/core/text.h"
#include "stratus/services/iam/listing.h"
#include "stratus/services/iam/qr_code.h"
#include "stratus/services/iam/service.h"
#include "stratus/services/iam/totp.h"

namespace stratus::services::iam {
namespace {

constexpr std::size_t kSeedBytes = 40;  // 64 letters of base32, as AWS hands them out
constexpr std::size_t kDevicesPerUser = 8;
constexpr std::size_t kLongestName = 226;
constexpr std::int64_t kReach = 1;  // steps that a code may be off

/// What authenticators read a seed from. A label that the QR code has no room for is cut: it is for people only.
std::string provisioning_link(const std::string& name, const std::string& account, const std::string& seed) {
  std::string label = name;
  while (true) {
    std::string link = "otpauth://totp/Amazon%20Web%20Services:" + text::uri_encode(label) + "@" + account +
                       "?secret=" + seed + "&issuer=Amazon%20Web%20Services";
    if (link.size() <= kQrCodeBytes) return link;
    label.pop_back();
  }
}

}  // namespace

const MfaDevice& Service::mfa_device(const aws::Context& context, const std::string& serial) const {
  const MfaDevice* found = mfa_devices_.find(context.account, "", serial);
  if (found == nullptr)
    throw im::errors::NoSuchEntityException("VirtualMFADevice with serial number " + serial + " doesn't exist.");
  return *found;
}

std::vector<const MfaDevice*> Service::mfa_devices_of(const std::string& account, const std::string& user_id) const {
  std::vector<const MfaDevice*> out;
  for (const MfaDevice* row : mfa_devices_.list(account, ""))
    if (row->user_id == user_id) out.push_back(row);
  return out;
}

const Entity* Service::user_of(const std::string& account, const MfaDevice& device) const {
  if (!device.user_id.empty())
    for (const Entity* user : entities(account, Kind::user, std::nullopt))
      if (user->id == device.user_id) return user;
  return nullptr;
}

void Service::take_two_codes(const aws::Context& context, const MfaDevice& device, const std::string& first,
                             const std::string& second, int reach) {
  const auto seed = crypto::unseal(master_, device.seed.bytes, device.serial);
  const auto step =
      seed ? totp::step_of(*seed, first, totp::step_at(context.now), device.last_step, reach) : std::nullopt;
  // The second is the one that the device shows next.
  if (!step || totp::code(*seed, *step + 1) != second)
    throw im::errors::InvalidAuthenticationCodeException("Authentication code for device is not valid.");
  const std::int64_t drift = *step + 1 - totp::step_at(context.now);
  mfa_devices_.update({context.account, "", device.serial}, [&](MfaDevice& row) {
    row.last_step = *step + 1;
    // A small one may be the time that typing took, and is within every code's reach.
    row.drift = std::abs(drift) <= kReach ? 0 : drift;
  });
}

bool Service::take_code(const aws::Context& context, const Entity& user, const std::string& serial,
                        const std::string& code) {
  const MfaDevice* device = mfa_devices_.find(context.identity.account, "", serial);
  if (device == nullptr || device->user_id != user.id) return false;
  const auto seed = crypto::unseal(master_, device->seed.bytes, serial);
  const auto step =
      seed ? totp::step_of(*seed, code, totp::step_at(context.now) + device->drift, device->last_step, kReach)
           : std::nullopt;
  if (!step) return false;
  mfa_devices_.update({context.identity.account, "", serial}, [&](MfaDevice& row) { row.last_step = *step; });
  return true;
}

im::CreateVirtualMFADeviceResponse Service::create_virtual_mfa_device(
    aws::Context& context, const im::CreateVirtualMFADeviceRequest& request) {
  const std::string& name = *request.virtual_mfa_device_name;
  if (name.size() > kLongestName)
    throw aws::Error(
        "ValidationError", 400,
        "1 validation error detected: Value at 'virtualMFADeviceName' failed to satisfy constraint: Member "
        "must have length less than or equal to " +
            std::to_string(kLongestName));
  MfaDevice row;
  row.serial = make_arn("iam", "", context.account, "mfa" + request.path.value_or("/") + name);
  if (mfa_devices_.find(context.account, "", row.serial) != nullptr)
    throw im::errors::EntityAlreadyExistsException("MFADevice entity at the same path and name already exists.");
  const std::string seed = crypto::random_bytes(kSeedBytes), letters = totp::base32(seed);
  row.seed = {crypto::seal(master_, seed, row.serial)};
  merge_tags(row.tags, request.tags, "MFADevice");
  const state::Key where{context.account, "", row.serial};
  const MfaDevice& made = mfa_devices_.put(where, std::move(row));
  im::VirtualMFADevice device{.serial_number = made.serial, .base32_string_seed = Blob{letters}};
  device.qr_code_png = Blob{qr_code_png(provisioning_link(name, context.account, letters))};
  if (!made.tags.empty()) device.tags = tags_of(made.tags);
  return {.virtual_mfa_device = device};
}

im::ListVirtualMFADevicesResponse Service::list_virtual_mfa_devices(aws::Context& context,
                                                                    const im::ListVirtualMFADevicesRequest& request) {
  im::ListVirtualMFADevicesResponse out{.virtual_mfa_devices = std::vector<im::VirtualMFADevice>{}};
  const std::string wanted = request.assignment_status.value_or("Any");
  for (const MfaDevice* row : mfa_devices_.list(context.account, "")) {
    const Entity* user = user_of(context.account, *row);
    if ((wanted == "Assigned" && user == nullptr) || (wanted == "Unassigned" && user != nullptr)) continue;
    im::VirtualMFADevice item{.serial_number = row->serial};
    if (user != nullptr) {
      item.user = describe_user(*user);
      item.enable_date = row->enabled;
    }
    out.virtual_mfa_devices->push_back(std::move(item));
  }
  page(*out.virtual_mfa_devices, request.marker, request.max_items, out.is_truncated, out.marker);
  return out;
}

im::DeleteVirtualMFADeviceResponse Service::delete_virtual_mfa_device(
    aws::Context& context, const im::DeleteVirtualMFADeviceRequest& request) {
  if (user_of(context.account, mfa_device(context, *request.serial_number)) != nullptr)
    throw im::errors::DeleteConflictException("MFA VirtualDevice in use. Must deactivate first.");
  mfa_devices_.erase({context.account, "", *request.serial_number});
  return {};
}

im::EnableMFADeviceResponse Service::enable_mfa_device(aws::Context& context,
                                                       const im::EnableMFADeviceRequest& request) {
  const Entity& user = entity(context, Kind::user, *request.user_name);
  const MfaDevice& device = mfa_device(context, *request.serial_number);
  if (user_of(context.account, device) != nullptr)
    throw im::errors::EntityAlreadyExistsException("MFADevice " + device.serial + " is already in use.");
  if (mfa_devices_of(context.account, user.id).size() >= kDevicesPerUser)
    throw im::errors::LimitExceededException("Cannot exceed quota for MFADevicesPerUser: " +
                                             std::to_string(kDevicesPerUser));
  take_two_codes(context, device, *request.authentication_code1, *request.authentication_code2, 2);
  mfa_devices_.update({context.account, "", *request.serial_number}, [&](MfaDevice& row) {
    row.user_id = user.id;
    row.enabled = Timestamp{context.now.ms / 1000 * 1000};
  });
  return {};
}

im::DeactivateMFADeviceResponse Service::deactivate_mfa_device(aws::Context& context,
                                                               const im::DeactivateMFADeviceRequest& request) {
  const Entity& user = entity(context, Kind::user, caller_user(context, request.user_name));
  if (mfa_device(context, *request.serial_number).user_id != user.id)
    throw im::errors::NoSuchEntityException("MFA Device invalid for user.");
  mfa_devices_.update({context.account, "", *request.serial_number}, [](MfaDevice& row) {
    row.user_id.clear();
    row.enabled.reset();
  });
  return {};
}

im::ResyncMFADeviceResponse Service::resync_mfa_device(aws::Context& context,
                                                       const im::ResyncMFADeviceRequest& request) {
  const Entity& user = entity(context, Kind::user, *request.user_name);
  const MfaDevice& device = mfa_device(context, *request.serial_number);
  if (device.user_id != user.id) throw im::errors::NoSuchEntityException("MFA Device invalid for user.");
  constexpr int an_hour = 120;  // steps that a device's clock may be off
  take_two_codes(context, device, *request.authentication_code1, *request.authentication_code2, an_hour);
  return {};
}

im::GetMFADeviceResponse Service::get_mfa_device(aws::Context& context, const im::GetMFADeviceRequest& request) {
  const MfaDevice& device = mfa_device(context, *request.serial_number);
  const Entity* user = user_of(context.account, device);
  if (request.user_name && (user == nullptr || user->id != entity(context, Kind::user, *request.user_name).id))
    throw im::errors::NoSuchEntityException("MFA Device invalid for user.");
  im::GetMFADeviceResponse out{.serial_number = device.serial, .enable_date = device.enabled};
  if (user != nullptr) out.user_name = user->name;
  return out;
}

im::ListMFADevicesResponse Service::list_mfa_devices(aws::Context& context, const im::ListMFADevicesRequest& request) {
  im::ListMFADevicesResponse out{.mfa_devices = std::vector<im::MFADevice>{}};
  // A root that names nobody asks for its own, and can have none here.
  if (request.user_name || context.identity.kind == aws::Identity::Kind::user) {
    const Entity& user = entity(context, Kind::user, caller_user(context, request.user_name));
    for (const MfaDevice* row : mfa_devices_of(context.account, user.id))
      out.mfa_devices->push_back({.user_name = user.name, .serial_number = row->serial, .enable_date = row->enabled});
  }
  page(*out.mfa_devices, request.marker, request.max_items, out.is_truncated, out.marker);
  return out;
}

im::TagMFADeviceResponse Service::tag_mfa_device(aws::Context& context, const im::TagMFADeviceRequest& request) {
  mfa_device(context, *request.serial_number);
  mfa_devices_.update({context.account, "", *request.serial_number},
                      [&](MfaDevice& row) { merge_tags(row.tags, request.tags, "MFADevice"); });
  return {};
}

im::UntagMFADeviceResponse Service::untag_mfa_device(aws::Context& context, const im::UntagMFADeviceRequest& request) {
  mfa_device(context, *request.serial_number);
  mfa_devices_.update({context.account, "", *request.serial_number}, [&](MfaDevice& row) {
    for (const auto& name : *request.tag_keys) row.tags.erase(name);
  });
  return {};
}

im::ListMFADeviceTagsResponse Service::list_mfa_device_tags(aws::Context& context,
                                                            const im::ListMFADeviceTagsRequest& request) {
  im::ListMFADeviceTagsResponse out{.tags = tags_of(mfa_device(context, *request.serial_number).tags)};
  page(*out.tags, request.marker, request.max_items, out.is_truncated, out.marker);
  return out;
}

}  // namespace stratus::services::iam
