package io.lockstep.cli.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.cli.run.RunFolder;
import io.lockstep.security.TestAuthority;
import io.lockstep.security.TlsFiles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run over TLS whose members prove themselves, beside strangers who can't. */
class SecuredRunTest {

  @TempDir private Path folder;

  private static String[] tls(TlsFiles files) {
    List<String> options = new ArrayList<>();
    files.certificate().ifPresent(file -> options.addAll(List.of("--tls-cert", file.toString())));
    files.key().ifPresent(file -> options.addAll(List.of("--tls-key", file.toString())));
    files.authorities().ifPresent(file -> options.addAll(List.of("--tls-ca", file.toString())));
    return options.toArray(String[]::new);
  }

  private static String[] with(String[] options, String... more) {
    return Stream.concat(Stream.of(options), Stream.of(more)).toArray(String[]::new);
  }

  private String token(String scopes, String name) throws Exception {
    Path file = folder.resolve(scopes + ".token");
    Launched.run(
            folder,
            "token",
            "--scopes",
            scopes,
            "--name",
            name,
            "--out",
            file.toString(),
            "--accept",
            "tokens")
        .succeeded();
    return file.toString();
  }

  @Test
  void itsMembersTrainAndNobodyElseGetsIn() throws Exception {
    TinyRun tiny = TinyRun.create(folder);
    String plain = Launched.train(folder, tiny.recipe(), 1, "plain").succeeded().lastLine();
    TestAuthority ours = TestAuthority.create(folder, "ours");
    String train = token("train", "w-*");
    String admin = token("admin", "*");
    Path out = folder.resolve("run");
    StartedByHand started = new StartedByHand(folder, tiny.recipe(), out);
    String[] server =
        with(
            tls(ours.local("coordinator")),
            "--tls-client-auth",
            "--tokens",
            "tokens",
            "--http-port",
            "0",
            "--http-port-file",
            "coordinator.http");
    String[] member = with(tls(ours.local("worker")), "--token", train);
    try (Launched coordinator = started.coordinator(server)) {
      int port = started.port(coordinator);
      String[] observed = with(member, "--http-port", "0", "--http-port-file", "worker.http");
      try (Launched first = started.worker("w-a", port, observed);
          HttpPort probes = HttpPort.of(ours.local("kubelet"))) {
        coordinator.awaitLine("w-a has loaded");
        Path whole = folder.resolve("coordinator.http");
        assertEquals(200, probes.get(whole, "/readyz", "").statusCode());
        assertEquals(401, probes.get(whole, "/metrics", "").statusCode());
        assertTrue(
            probes
                .get(whole, "/metrics", Files.readString(Path.of(admin)).strip())
                .body()
                .contains("lockstep_coordinator_workers{state=\"waiting\"} 1.0"));
        Path part = folder.resolve("worker.http");
        assertEquals("loaded\n", probes.get(part, "/startupz", "").body());
        assertEquals(503, probes.get(part, "/readyz", "").statusCode());
        assertTrue(
            probes.get(part, "/livez", "").body().startsWith("waiting for the coordinator for"));
        assertTrue(probes.get(part, "/metrics", "").body().contains("lockstep_worker_member 0.0"));
        try (Launched plainText = started.worker("w-b", port);
            Launched tokenless = started.worker("w-c", port, tls(ours.local("c")));
            Launched misnamed = started.worker("x-d", port, member);
            Launched other =
                started.worker("w-e", port, with(tls(ours.local("e")), "--token", admin))) {
          tokenless.await();
          tokenless.failedWith(1, "asks for a token");
          misnamed.await();
          misnamed.failedWith(1, "not for a worker of the name x-d");
          other.await();
          other.failedWith(1, "needs the scope 'train'");
          assertTrue(plainText.process().isAlive(), "it looks for a coordinator that answers");
        }
        String where = "127.0.0.1:" + port;
        String[] operator = with(tls(ours.local("operator")), "--coordinator", where);
        Launched.run(
                folder,
                with(new String[] {"coordinator", "drain"}, with(operator, "--token", train)))
            .failedWith(1, "needs the scope 'admin'");
        Launched.run(
                folder,
                with(new String[] {"coordinator", "status"}, with(operator, "--token", admin)))
            .succeeded();
        Launched.run(folder, "coordinator", "status", "--coordinator", where)
            .failedWith(1, "--tls-ca");
        try (Launched second = started.worker("w-f", port, member)) {
          second.await();
          second.succeeded();
        }
        first.await();
        first.succeeded();
      }
      coordinator.await();
      coordinator.succeeded();
      for (String secret : List.of(train, admin)) {
        assertFalse(coordinator.out().contains(Files.readString(Path.of(secret)).strip()));
      }
    }
    Path checkpoint = new RunFolder(out).root().resolve("checkpoints/step-00000006");
    String digest =
        Launched.run(folder, "digest", "--checkpoint", checkpoint.toString())
            .succeeded()
            .lastLine();
    assertEquals(plain.replace("weights ", ""), digest);
  }
}
