package io.lockstep.cli.command;

import io.lockstep.security.TlsFiles;
import io.lockstep.security.TransportSecurity;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The certificates of a process; the environment names files for all commands of a shell. */
public final class TlsOptions {

  @Option(
      names = "--tls-ca",
      paramLabel = "FILE",
      defaultValue = "${env:LOCKSTEP_TLS_CA}",
      description =
          "Speak TLS, and believe those whose certificates are signed by the authorities in this"
              + " PEM file (or LOCKSTEP_TLS_CA).")
  private @Nullable Path authorities;

  @Option(
      names = "--tls-cert",
      paramLabel = "FILE",
      defaultValue = "${env:LOCKSTEP_TLS_CERT}",
      description =
          "This process's certificate, PEM, read again when it is replaced (or LOCKSTEP_TLS_CERT).")
  private @Nullable Path certificate;

  @Option(
      names = "--tls-key",
      paramLabel = "FILE",
      defaultValue = "${env:LOCKSTEP_TLS_KEY}",
      description = "Its private key, PEM, PKCS #8 (or LOCKSTEP_TLS_KEY).")
  private @Nullable Path key;

  private @Nullable TransportSecurity opened;

  /** These options as arguments of another process. */
  public List<String> given() {
    List<String> arguments = new ArrayList<>();
    add(arguments, "--tls-ca", authorities);
    add(arguments, "--tls-cert", certificate);
    add(arguments, "--tls-key", key);
    return arguments;
  }

  private static void add(List<String> arguments, String option, @Nullable Path file) {
    if (file != null) {
      arguments.addAll(List.of(option, file.toAbsolutePath().toString()));
    }
  }

  /**
   * The TLS that they make; empty for plain text. One for all connections of the process.
   *
   * @throws io.lockstep.security.CredentialException naming a file that can't be used
   */
  public Optional<TransportSecurity> open() {
    TlsFiles files =
        new TlsFiles(
            Optional.ofNullable(certificate),
            Optional.ofNullable(key),
            Optional.ofNullable(authorities));
    if (opened == null && files.any()) {
      opened = TransportSecurity.of(files);
    }
    return Optional.ofNullable(opened);
  }
}
