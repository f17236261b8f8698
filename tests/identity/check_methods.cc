// Holds the method table against the services of the .proto files, as protoc
// --descriptor_set_out describes them:
//
//   check_methods DESCRIPTORS
//
// Run by the build, so that it fails when a method has no row, or a row no
// method. Prints which.
#include <google/protobuf/descriptor.pb.h>

#include <cstdio>
#include <fstream>
#include <set>
#include <string>

#include "src/identity/method.h"

namespace kenal::identity {
namespace {

// The full names of the methods in a file of descriptors; none when it cannot
// be read.
std::set<std::string> MethodsOf(const char* path) {
  std::ifstream in(path, std::ios::binary);
  google::protobuf::FileDescriptorSet files;
  std::set<std::string> methods;
  if (!files.ParseFromIstream(&in)) return methods;
  for (const auto& file : files.file()) {
    for (const auto& service : file.service()) {
      for (const auto& method : service.method()) {
        methods.insert(file.package() + "." + service.name() + "." +
                       method.name());
      }
    }
  }
  return methods;
}

int Main(int argc, char** argv) {
  if (argc != 2) return 2;
  std::set<std::string> methods = MethodsOf(argv[1]);
  int slips = 0;
  for (const MethodRow& row : Methods()) {
    const std::string name =
        std::string(row.service) + "." + std::string(row.name);
    const bool known = methods.erase(name) == 1;
    if (!known || row.allowed.empty()) {
      std::fprintf(stderr, "src/identity/method.cc: the row of %s %s\n",
                   name.c_str(),
                   known ? "allows nobody" : "has no method, or comes twice");
      ++slips;
    }
  }
  for (const std::string& name : methods) {
    std::fprintf(stderr, "src/identity/method.cc: %s has no row\n",
                 name.c_str());
    ++slips;
  }
  return slips == 0 ? 0 : 1;
}

}  // namespace
}  // namespace kenal::identity

int main(int argc, char** argv) { return kenal::identity::Main(argc, argv); }
