// Owns what a C library made: `std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>`.
#pragma once

namespace stratus {

template <auto Function>
struct Deleter {
  template <class T>
  void operator()(T* object) const {
    Function(object);
  }
};

}  // namespace stratus
