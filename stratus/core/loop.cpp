#include "stratus/core/loop.h"

#include <exception>

#include "stratus/core/log.h"

namespace stratus {

/// Outlives the reconciler in callbacks that are still queued; `owner` is null once it is gone.
struct Reconciler::Alive {
  Reconciler* owner;
};

Reconciler::Reconciler(Loop& loop, std::string name, Duration interval)
    : loop_(loop), name_(std::move(name)), interval_(interval), alive_(std::make_shared<Alive>(Alive{this})) {}

Reconciler::~Reconciler() {
  stop();
  alive_->owner = nullptr;
}

void Reconciler::start() {
  if (started_) return;
  started_ = true;
  wake();
}

void Reconciler::stop() {
  started_ = false;
  if (timer_ != 0) loop_.cancel(timer_);
  timer_ = 0;
}

void Reconciler::wake() {
  if (!started_ || queued_) return;
  queued_ = true;
  loop_.post([alive = alive_] {
    if (alive->owner != nullptr) alive->owner->run();
  });
}

void Reconciler::wake_in(Duration delay) {
  if (!started_) return;
  const Timestamp at = loop_.clock().now() + delay;
  if (timer_ != 0 && timer_at_ <= at) return;
  if (timer_ != 0) loop_.cancel(timer_);
  timer_at_ = at;
  timer_ = loop_.after(delay, [alive = alive_] {
    if (alive->owner == nullptr) return;
    alive->owner->timer_ = 0;
    alive->owner->wake();
  });
}

void Reconciler::run() {
  queued_ = false;
  if (!started_) return;
  try {
    reconcile();
  } catch (const std::exception& e) {
    log::error("reconciler.failed", {{"reconciler", name_}, {"error", e.what()}});
  }
  wake_in(interval_);
}

}  // namespace stratus
