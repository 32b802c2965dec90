// Errors below the services: what was attempted, on what, and the errno that came back.
#pragma once

#include <cerrno>
#include <string>
#include <utility>
#include <variant>

#include "stratus/core/check.h"

namespace stratus {

/// One failed attempt. `what` names the attempt and its object ("mount overlay on /run/stratus/x"); `error` is an errno
/// value, or 0 where there is none.
struct Failure {
  std::string what;
  int error = 0;

  /// "mount overlay on /run/stratus/x: Device or resource busy (EBUSY)"
  std::string message() const;
};

/// Captures the current errno.
Failure failure(std::string what);
Failure failure(std::string what, int error);

/// Either a value or a Failure; a caller that ignores it does not compile.
template <class T = void>
class [[nodiscard]] Result {
 public:
  Result(T value) : content_(std::in_place_index<0>, std::move(value)) {}  // NOLINT(google-explicit-constructor)
  Result(Failure failure)
      : content_(std::in_place_index<1>, std::move(failure)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return content_.index() == 0; }
  explicit operator bool() const { return ok(); }
  T& value() & {
    check();
    return std::get<0>(content_);
  }
  const T& value() const& {
    check();
    return std::get<0>(content_);
  }
  T&& value() && {
    check();
    return std::get<0>(std::move(content_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  const Failure& error() const {
    STRATUS_ASSERT(!ok());
    return std::get<1>(content_);
  }

 private:
  void check() const {
    if (!ok()) fatal("result without a value: " + std::get<1>(content_).message());
  }
  std::variant<T, Failure> content_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Failure failure) : failure_(std::move(failure)), ok_(false) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return ok_; }
  explicit operator bool() const { return ok_; }
  void value() const {
    if (!ok_) fatal("result without a value: " + failure_.message());
  }
  const Failure& error() const {
    STRATUS_ASSERT(!ok_);
    return failure_;
  }

 private:
  Failure failure_;
  bool ok_ = true;
};

}  // namespace stratus
