#include "bench/load/channels.h"

#include <grpc/grpc_security.h>
#include <grpc/support/time.h>

#include <fstream>
#include <iterator>

namespace kenal::load {
namespace {

constexpr int kConnectSeconds = 10;
constexpr int kResponseBytesMax = 64 << 20;

StatusOr<std::string> ReadText(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return NotFound(path + ": cannot be read");
  return std::string(std::istreambuf_iterator<char>(in), {});
}

StatusOr<grpc_channel_credentials*> MakeCredentials(const Target& target) {
  if (target.tls.empty()) return grpc_insecure_credentials_create();
  KENAL_TRY_ASSIGN(const PemFiles files, ReadPemFiles(target.tls));
  grpc_ssl_pem_key_cert_pair pair{.private_key = files.key.c_str(),
                                  .cert_chain = files.certificate.c_str()};
  return grpc_ssl_credentials_create(files.authority.c_str(), &pair, nullptr,
                                     nullptr);
}

grpc_arg Number(const char* key, int value) {
  return {.type = GRPC_ARG_INTEGER,
          .key = const_cast<char*>(key),
          .value = {.integer = value}};
}

grpc_channel* MakeChannel(const Target& target,
                          grpc_channel_credentials* credentials) {
  std::vector<grpc_arg> arguments = {
      Number(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1),
      Number(GRPC_ARG_ENABLE_RETRIES, 0), Number(GRPC_ARG_ENABLE_HTTP_PROXY, 0),
      Number(GRPC_ARG_ENABLE_CHANNELZ, 0),
      Number(GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH, kResponseBytesMax)};
  if (!target.tls_name.empty()) {
    arguments.push_back(
        {.type = GRPC_ARG_STRING,
         .key = const_cast<char*>(GRPC_SSL_TARGET_NAME_OVERRIDE_ARG),
         .value = {.string = const_cast<char*>(target.tls_name.c_str())}});
  }
  const grpc_channel_args all{arguments.size(), arguments.data()};
  return grpc_channel_create(target.address.c_str(), credentials, &all);
}

const char* PathOf(CallKind kind) {
  if (kind == CallKind::kBatch) return "/kenal.v1.MatchService/BatchMatch";
  if (kind == CallKind::kStream) return "/kenal.v1.MatchService/StreamMatch";
  return "/kenal.v1.MatchService/Match";
}

}  // namespace

StatusOr<PemFiles> ReadPemFiles(const std::string& folder_and_name) {
  const size_t slash = folder_and_name.rfind('/');
  const std::string folder =
      slash == std::string::npos ? "." : folder_and_name.substr(0, slash);
  PemFiles files;
  KENAL_TRY_ASSIGN(files.authority, ReadText(folder + "/ca.pem"));
  KENAL_TRY_ASSIGN(files.certificate, ReadText(folder_and_name + ".pem"));
  KENAL_TRY_ASSIGN(files.key, ReadText(folder_and_name + ".key"));
  return files;
}

StatusOr<std::unique_ptr<Channels>> Channels::Open(const Target& target,
                                                   int count) {
  if (count < 1) return InvalidArgument("--connections takes 1 or more");
  KENAL_TRY_ASSIGN(grpc_channel_credentials * credentials,
                   MakeCredentials(target));
  std::unique_ptr<Channels> channels(new Channels);
  for (int i = 0; i < count; ++i) {
    One one{.channel = MakeChannel(target, credentials)};
    for (size_t kind = 0; kind < kCallKindCount; ++kind) {
      one.methods[kind] = grpc_channel_register_call(
          one.channel, PathOf(static_cast<CallKind>(kind)), nullptr, nullptr);
    }
    channels->channels_.push_back(one);
  }
  grpc_channel_credentials_release(credentials);
  KENAL_TRY(channels->WaitUntilReady(target.address));
  return channels;
}

Channels::~Channels() {
  for (const One& one : channels_) grpc_channel_destroy(one.channel);
}

Status Channels::WaitUntilReady(const std::string& address) const {
  const gpr_timespec deadline =
      gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                   gpr_time_from_seconds(kConnectSeconds, GPR_TIMESPAN));
  grpc_completion_queue* queue = grpc_completion_queue_create_for_next(nullptr);
  bool ready = true;
  for (const One& one : channels_) {
    while (ready) {
      const grpc_connectivity_state state =
          grpc_channel_check_connectivity_state(one.channel, 1);
      if (state == GRPC_CHANNEL_READY) break;
      grpc_channel_watch_connectivity_state(one.channel, state, deadline, queue,
                                            nullptr);
      const grpc_event event = grpc_completion_queue_next(
          queue, gpr_inf_future(GPR_CLOCK_MONOTONIC), nullptr);
      ready = event.success != 0;
    }
  }
  grpc_completion_queue_shutdown(queue);
  while (grpc_completion_queue_next(queue, gpr_inf_future(GPR_CLOCK_MONOTONIC),
                                    nullptr)
             .type != GRPC_QUEUE_SHUTDOWN) {
  }
  grpc_completion_queue_destroy(queue);
  if (ready) return OkStatus();
  return Unavailable(address +
                     ": no connection; is the server there, and do the "
                     "certificates fit?");
}

grpc_call* Channels::NewCall(size_t at, CallKind kind,
                             grpc_completion_queue* queue,
                             gpr_timespec deadline) const {
  const One& one = channels_[at];
  return grpc_channel_create_registered_call(
      one.channel, nullptr, GRPC_PROPAGATE_DEFAULTS, queue,
      one.methods[static_cast<size_t>(kind)], deadline, nullptr);
}

}  // namespace kenal::load
