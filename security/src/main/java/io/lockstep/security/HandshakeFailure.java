package io.lockstep.security;

import io.netty.handler.ssl.NotSslRecordException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.util.Optional;
import javax.net.ssl.SSLException;

/** Why a TLS connection didn't come about, in words that say what to do. */
public final class HandshakeFailure {

  private static final int MOST_CAUSES = 20;

  private HandshakeFailure() {}

  /** What a failure means if TLS is its cause; empty if not. */
  public static Optional<String> explain(Throwable failure) {
    boolean tls = false;
    String said = "";
    Throwable cause = failure;
    for (int depth = 0; cause != null && depth < MOST_CAUSES; depth++) {
      if (cause instanceof NotSslRecordException) {
        return Optional.of(
            "it speaks plain text, not TLS: leave --tls-ca out, or start it with TLS");
      }
      if (cause instanceof CertificateExpiredException) {
        return Optional.of("its certificate has expired");
      }
      if (cause instanceof CertificateNotYetValidException) {
        return Optional.of("its certificate doesn't hold yet: do the clocks agree?");
      }
      tls |= cause instanceof SSLException;
      said += " " + cause.getMessage();
      cause = cause.getCause();
    }
    return tls ? Optional.of(reason(said)) : Optional.empty();
  }

  private static String reason(String said) {
    if (said.contains("No subject alternative") || said.contains("No name matching")) {
      return "its certificate is for other names than the one that was called";
    }
    if (said.contains("unable to find valid certification path")
        || said.contains("PKIX path")
        || said.contains("unknown_ca")) {
      return "its certificate isn't signed by an authority in --tls-ca";
    }
    if (said.contains("certificate_required") || said.contains("bad_certificate")) {
      return "it asks for a certificate: give --tls-cert and --tls-key of its authority";
    }
    if (said.contains("certificate_expired")) {
      return "this side's certificate has expired";
    }
    if (said.contains("protocol_version")) {
      return "it doesn't speak TLS 1.3";
    }
    return "no TLS connection came about:" + said.replaceAll("\\s+", " ");
  }
}
