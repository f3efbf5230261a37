package io.lockstep.security;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.ServerInterceptors;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.lockstep.security.Authorization.Need;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class AuthorizationTest {

  private static final String TOKEN = BearerToken.random();

  @TempDir private Path folder;

  private AcceptedTokens accepting(String... lines) throws Exception {
    return AcceptedTokens.of(
        Files.writeString(folder.resolve("tokens"), String.join("\n", lines) + "\n"));
  }

  /** How a call with a token ends at a server that has a need. */
  private Status called(AcceptedTokens tokens, Need need, Optional<String> token) throws Exception {
    Authorization authorization = new Authorization(tokens, method -> need);
    Server server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .addService(
                ServerInterceptors.intercept(
                    new HealthStatusManager().getHealthService(), authorization))
            .build()
            .start();
    Optional<BearerToken> bearer = Optional.empty();
    if (token.isPresent()) {
      bearer =
          Optional.of(
              BearerToken.of(Files.writeString(folder.resolve("token"), token.get() + "\n")));
    }
    ManagedChannel channel =
        new ClientSecurity(Optional.empty(), bearer)
            .channel(Endpoint.local(server.getPort()))
            .build();
    try {
      HealthGrpc.newBlockingStub(channel)
          .withDeadlineAfter(20, TimeUnit.SECONDS)
          .check(HealthCheckRequest.getDefaultInstance());
      assertEquals(0, authorization.refused());
      return Status.OK;
    } catch (StatusRuntimeException e) {
      assertEquals(1, authorization.refused());
      return e.getStatus();
    } finally {
      channel.shutdownNow();
      server.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
    }
  }

  @Test
  void aTokenOpensWhatItsScopesNameAndNothingElse() throws Exception {
    AcceptedTokens tokens =
        accepting("# workers", "", AcceptedTokens.line(Set.of(Scope.TRAIN), "worker-*", TOKEN));
    Need train = new Need.Scoped(Scope.TRAIN);
    assertEquals(Status.Code.OK, called(tokens, train, Optional.of(TOKEN)).getCode());
    assertEquals(Status.Code.OK, called(tokens, new Need.AnyToken(), Optional.of(TOKEN)).getCode());
    Status denied = called(tokens, new Need.Scoped(Scope.ADMIN), Optional.of(TOKEN));
    assertEquals(Status.Code.PERMISSION_DENIED, denied.getCode());
    assertTrue(String.valueOf(denied.getDescription()).contains("the scope 'admin'"));
    Status wrong = called(tokens, train, Optional.of(BearerToken.random()));
    assertEquals(Status.Code.UNAUTHENTICATED, wrong.getCode());
    Status none = called(tokens, new Need.AnyToken(), Optional.empty());
    assertEquals(Status.Code.UNAUTHENTICATED, none.getCode());
    assertTrue(String.valueOf(none.getDescription()).contains("--token"));
    assertEquals(Status.Code.OK, called(tokens, new Need.Nothing(), Optional.empty()).getCode());
  }

  @Test
  void aGrantIsForTheNamesOfItsPattern() {
    Grant some = new Grant(EnumSet.of(Scope.TRAIN), "worker-*");
    assertTrue(some.isFor("worker-12"));
    assertFalse(some.isFor("work"));
    Grant one = new Grant(EnumSet.of(Scope.TRAIN), "worker-1");
    assertTrue(one.isFor("worker-1"));
    assertFalse(one.isFor("worker-12"));
  }

  @Test
  void aFileThatIsReplacedIsReadAgain() throws Exception {
    String next = BearerToken.random();
    AcceptedTokens tokens = accepting(AcceptedTokens.line(Set.of(Scope.INFER), "*", TOKEN));
    assertTrue(tokens.grant(TOKEN).isPresent());
    accepting(AcceptedTokens.line(EnumSet.of(Scope.INFER, Scope.ADMIN), "*", next));
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (tokens.grant(next).isEmpty() && System.nanoTime() < deadline) {
      Thread.sleep(50);
    }
    assertEquals(EnumSet.of(Scope.INFER, Scope.ADMIN), tokens.grant(next).orElseThrow().scopes());
    assertTrue(tokens.grant(TOKEN).isEmpty());
  }

  @Test
  void aFileThatCannotBeUsedIsNamedWithItsLine() throws Exception {
    refuses("train worker-* " + TOKEN, "tokens:1: write 'SCOPES NAME SHA256'");
    refuses("# nothing", "names no token");
    refuses("train,fly * " + "0".repeat(64), "'fly' is no scope");
    Path short0 = Files.writeString(folder.resolve("token"), "secret");
    assertThrows(CredentialException.class, () -> BearerToken.of(short0));
  }

  private void refuses(String line, String words) {
    CredentialException refused = assertThrows(CredentialException.class, () -> accepting(line));
    String message = String.valueOf(refused.getMessage());
    assertTrue(message.contains(words), message);
    assertFalse(message.contains(TOKEN), message);
  }

  @Test
  void aTokenIsNotSentInPlainTextToAnotherMachine() throws Exception {
    BearerToken token = BearerToken.of(Files.writeString(folder.resolve("token"), TOKEN));
    ClientSecurity plain = new ClientSecurity(Optional.empty(), Optional.of(token));
    assertThrows(CredentialException.class, () -> plain.channel(Endpoint.parse("192.0.2.1:7070")));
  }
}
