#include "tools/kenal/context.h"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "kenal/engine.h"
#include "src/client/connection.h"
#include "tools/kenal/table.h"

namespace kenal::cli {
namespace {

struct Place {
  std::string data;
  std::string server;
};

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

// The command line goes before the environment as a whole.
StatusOr<Place> FindPlace(const Context& context) {
  const bool given = !context.data.empty() || !context.server.empty();
  const Place place =
      given ? Place{context.data, context.server}
            : Place{Environment("KENAL_DATA"), Environment("KENAL_SERVER")};
  if (!place.data.empty() && !place.server.empty()) {
    return InvalidArgument(
        given ? "--data and --server are both given; give one of them"
              : "KENAL_DATA and KENAL_SERVER are both set; unset one, or give "
                "--data or --server");
  }
  if (place.data.empty() && place.server.empty()) {
    return InvalidArgument(
        "which store? give --data DIR or --server ADDR, or set KENAL_DATA or "
        "KENAL_SERVER");
  }
  return place;
}

template <typename Both>
Store StoreOf(std::unique_ptr<Both> both) {
  const std::shared_ptr<Both> owner = std::move(both);
  return Store{owner, owner.get(), owner.get()};
}

// "pki/uploads" is pki/uploads.pem, pki/uploads.key and pki/ca.pem. What was
// given beside it goes first.
StatusOr<client::TlsFiles> FilesOf(const TlsFlags& flags) {
  client::TlsFiles files{.certificate = flags.certificate,
                         .key = flags.key,
                         .authority = flags.authority};
  if (flags.folder_and_name.empty()) return files;
  std::filesystem::path base(flags.folder_and_name);
  if (base.extension() == ".pem") base.replace_extension();
  std::error_code error;
  if (base.filename().empty() ||
      (std::filesystem::is_directory(base, error) &&
       !std::filesystem::exists(base.string() + ".pem", error))) {
    return InvalidArgument("--tls takes FOLDER/NAME, such as " +
                           (base / "uploads").string() + ": " +
                           flags.folder_and_name + " names a folder alone");
  }
  const auto set = [](std::string& file, const std::string& usual) {
    if (file.empty()) file = usual;
  };
  set(files.certificate, base.string() + ".pem");
  set(files.key, base.string() + ".key");
  set(files.authority, (base.parent_path() / "ca.pem").string());
  return files;
}

StatusOr<std::unique_ptr<client::Connection>> ConnectTo(
    const Context& context, const std::string& address) {
  if (address.find("://") != std::string::npos) {
    return InvalidArgument(
        "--server takes HOST:PORT or unix:PATH of `kenal serve --listen`, "
        "without " +
        address.substr(0, address.find("://") + 3));
  }
  TlsFlags flags = context.tls;
  if (!flags.any() && !address.starts_with("unix:")) {
    flags.folder_and_name = Environment("KENAL_TLS");
  }
  client::ConnectOptions options{.tls_name = flags.server_name};
  KENAL_TRY_ASSIGN(options.tls, FilesOf(flags));
  if (!context.work_class.empty() || context.asks_many) {
    options.work = context.work_class == "live" ? wire::AskedWork::kLive
                                                : wire::AskedWork::kBulk;
  }
  return client::Connection::Connect(address, options);
}

}  // namespace

bool TlsFlags::any() const {
  return !folder_and_name.empty() || !certificate.empty() || !key.empty() ||
         !authority.empty() || !server_name.empty();
}

StatusOr<Store> Context::OpenStore() {
  KENAL_TRY_ASSIGN(const Place place, FindPlace(*this));
  if (place.data.empty()) {
    KENAL_TRY_ASSIGN(auto connection, ConnectTo(*this, place.server));
    client::Connection* const asked = connection.get();
    Store store = StoreOf(std::move(connection));
    store.connection = asked;
    return store;
  }
  if (tls.any() || !work_class.empty()) {
    return InvalidArgument(
        std::string(tls.any() ? "certificates are" : "--work-class is") +
        " for a server; give --server ADDR, or leave it out");
  }
  KENAL_TRY_ASSIGN(auto engine, Engine::Open(place.data, Notice()));
  return StoreOf(std::move(engine));
}

StatusOr<std::unique_ptr<client::Connection>> Context::Connect(
    std::string_view subcommand) {
  const bool local = !data.empty();
  const std::string address =
      server.empty() && !local ? Environment("KENAL_SERVER") : server;
  if (local || address.empty()) {
    return InvalidArgument(std::string(subcommand) +
                           " asks a server; give --server ADDR or set "
                           "KENAL_SERVER");
  }
  return ConnectTo(*this, address);
}

std::function<void(const std::string&)> Context::Notice() {
  return [this](const std::string& message) { console.Say(message); };
}

StatusOr<std::string> Context::DataFolder(std::string_view subcommand) const {
  const std::string name(subcommand);
  if (!server.empty()) {
    return InvalidArgument(name +
                           " works on a folder; give --data DIR, not "
                           "--server");
  }
  std::string folder = data.empty() ? Environment("KENAL_DATA") : data;
  if (folder.empty()) {
    return InvalidArgument(name +
                           " needs a folder; give --data DIR or set "
                           "KENAL_DATA");
  }
  return folder;
}

namespace {

std::string At(const std::string& name) {
  char host[256] = {};
  if (gethostname(host, sizeof host - 1) != 0 || host[0] == '\0') return name;
  return name + "@" + host;
}

std::string UidText() { return "uid" + std::to_string(geteuid()); }

}  // namespace

std::string WhoAmI() {
  const passwd* user = getpwuid(geteuid());
  return At(user != nullptr && user->pw_name != nullptr ? user->pw_name
                                                        : UidText());
}

std::string WhoAmIHere() {
  std::string name = UidText();
  std::FILE* const users = std::fopen("/etc/passwd", "re");
  if (users == nullptr) return At(name);
  while (const passwd* user = fgetpwent(users)) {
    if (user->pw_uid == geteuid()) {
      name = user->pw_name;
      break;
    }
  }
  std::fclose(users);
  return At(name);
}

engine::FoundFiles FindFilesAndSay(Context& context,
                                   const std::vector<std::string>& paths) {
  engine::FoundFiles found = engine::FindFiles(paths);
  for (const Status& error : found.errors) {
    context.console.Say(std::string(error.message()));
  }
  if (!found.skipped.empty()) {
    const size_t count = found.skipped.size();
    context.console.Note(
        Count(count) +
        (count == 1 ? " link, pipe or device was skipped: "
                    : " links, pipes or devices were skipped, such as ") +
        found.skipped.front());
  }
  if (found.files.empty() && found.errors.empty()) {
    context.console.Note("there are no files under " + paths.front() +
                         (paths.size() > 1 ? " and the others" : ""));
  }
  return found;
}

std::string WordForMessage(std::string_view word) {
  // No digest is as short.
  constexpr size_t kShownSizeMax = 24;
  return word.size() <= kShownSizeMax
             ? std::string(word)
             : "(a word of " + std::to_string(word.size()) + " bytes)";
}

std::string WordsForMessage(std::string_view text) {
  std::string shown;
  while (!text.empty()) {
    const size_t size =
        std::min(text.find_first_of(" \t\v\f\r\n"), text.size());
    shown += WordForMessage(text.substr(0, size));
    if (size < text.size()) shown += text[size];
    text.remove_prefix(std::min(size + 1, text.size()));
  }
  return shown;
}

std::string WithoutLongWord(std::string text, std::string_view word) {
  const std::string shown = WordForMessage(word);
  if (shown == word) return text;
  size_t at = 0;
  while ((at = text.find(word, at)) != std::string::npos) {
    text.replace(at, word.size(), shown);
    at += shown.size();
  }
  return text;
}

void SayFailure(Console& console, const std::string& name,
                const SignalFailure& failure) {
  const bool named = failure.message.starts_with(name);
  console.Say(named ? failure.message : name + ": " + failure.message);
}

void SayDamaged(Console& console, const std::string& name) {
  console.Say(name +
              ": warning: the picture is damaged; what could be decoded of it "
              "was hashed");
}

}  // namespace kenal::cli
