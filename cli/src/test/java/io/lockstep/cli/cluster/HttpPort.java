package io.lockstep.cli.cluster;

import io.lockstep.security.TlsFiles;
import io.lockstep.security.TransportSecurity;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;

/** Who asks the HTTP ports of processes over TLS, with a certificate. */
record HttpPort(TransportSecurity tls, HttpClient http) implements AutoCloseable {

  static HttpPort of(TlsFiles files) throws GeneralSecurityException {
    TransportSecurity tls = TransportSecurity.of(files);
    SSLContext context = SSLContext.getInstance(TransportSecurity.PROTOCOL);
    context.init(new KeyManager[] {tls.keys()}, new TrustManager[] {tls.clients()}, null);
    return new HttpPort(tls, HttpClient.newBuilder().sslContext(context).build());
  }

  /**
   * Asks a process.
   *
   * @param portFile where it has written its port
   * @param token empty for none
   */
  HttpResponse<String> get(Path portFile, String path, String token)
      throws IOException, InterruptedException {
    int port = Integer.parseInt(Files.readString(portFile).strip());
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + port + path));
    if (!token.isEmpty()) {
      request.header("Authorization", "Bearer " + token);
    }
    return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  @Override
  public void close() {
    http.close();
    tls.close();
  }
}
