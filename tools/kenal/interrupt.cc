#include "tools/kenal/interrupt.h"

#include <semaphore.h>

#include <cerrno>
#include <csignal>

#include "src/base/check.h"

namespace kenal::cli {
namespace {

sem_t came;  // A handler reaches nothing else.

void Set(void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  KENAL_CHECK(sigaction(SIGTERM, &action, nullptr) == 0);
  KENAL_CHECK(sigaction(SIGINT, &action, nullptr) == 0);
}

}  // namespace

Interrupt::Interrupt() {
  KENAL_CHECK(sem_init(&came, 0, 0) == 0);
  Set([](int) { sem_post(&came); });
  waiter_ = std::thread([this] {
    while (sem_wait(&came) != 0) KENAL_CHECK(errno == EINTR);
    Set(SIG_DFL);
    source_.request_stop();
  });
}

Interrupt::~Interrupt() {
  sem_post(&came);
  waiter_.join();
}

}  // namespace kenal::cli
