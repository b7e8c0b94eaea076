#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <functional>
#include <stdexcept>
#include <string>

#include "net/tls.h"
#include "tls_ends.h"

namespace net {
namespace {

TEST(TlsContext, ErrorsNameTheFileAndWhatIsWrong) {
  const auto message = [](const std::function<void()>& attempt) -> std::string {
    try {
      attempt();
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "no error";
  };
  const std::string folder = testing::TempDir();
  const auto write = [&](const std::string& name, const std::string& text) {
    std::ofstream(folder + name) << text;
    return folder + name;
  };
  const Certificate& good = test_certificate();
  const std::string certificate = write("tls-cert.pem", good.chain_pem);
  const std::string key = write("tls-key.pem", good.key_pem);
  const std::string other_key = write("tls-other.pem", make_certificate({.names = {"x"}}).key_pem);
  const std::string empty = write("tls-empty.pem", "nothing\n");
  const auto load = [&](const std::string& c, const std::string& k) {
    return message([&] { TlsContext::server(read_certificate(c, k)); });
  };
  EXPECT_EQ(load(certificate, key), "no error");
  EXPECT_EQ(load("/nowhere.pem", key), "cannot read the certificate '/nowhere.pem': No such file or directory");
  EXPECT_EQ(load(certificate, "/nowhere.pem"), "cannot read the key '/nowhere.pem': No such file or directory");
  EXPECT_EQ(load(empty, key), "'" + empty + "' holds no certificate in PEM form");
  EXPECT_EQ(load(certificate, empty), "'" + empty + "' holds no private key in PEM form without a passphrase");
  EXPECT_EQ(load(certificate, other_key), "'" + other_key + "' is not the key of '" + certificate + "'");
  EXPECT_EQ(message([&] { TlsContext::client({.ca_file = empty, .ca_pem = {}}); }),
            "cannot read trusted certificates (PEM) from '" + empty + "'");
  for (const std::string& path : {certificate, key, other_key, empty}) std::remove(path.c_str());
}

}  // namespace
}  // namespace net
