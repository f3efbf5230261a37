package io.lockstep.gateway.rpc;

import com.google.protobuf.InvalidProtocolBufferException;
import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.RequestContext;
import com.linecorp.armeria.common.ResponseCompleteException;
import com.linecorp.armeria.common.grpc.GrpcJsonMarshaller;
import com.linecorp.armeria.common.grpc.GrpcSerializationFormats;
import com.linecorp.armeria.common.stream.ClosedStreamException;
import com.linecorp.armeria.server.HttpService;
import com.linecorp.armeria.server.Server;
import com.linecorp.armeria.server.ServerBuilder;
import com.linecorp.armeria.server.ServiceConfig;
import com.linecorp.armeria.server.ServiceRequestContext;
import com.linecorp.armeria.server.grpc.GrpcService;
import com.linecorp.armeria.server.grpc.GrpcServiceBuilder;
import com.linecorp.armeria.server.healthcheck.HealthCheckService;
import io.grpc.BindableService;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import io.lockstep.gateway.serving.Batcher;
import io.lockstep.gateway.serving.ByteBudget;
import io.lockstep.gateway.serving.RequestLimits;
import io.lockstep.gateway.serving.Shortage;
import io.lockstep.proto.inference.v1.InferenceGrpc;
import io.lockstep.security.Authorization;
import io.lockstep.security.Authorization.Need;
import io.lockstep.security.ConnectionCount;
import io.lockstep.security.Scope;
import io.lockstep.security.ServerSecurity;
import io.lockstep.security.TransportSecurity;
import io.netty.channel.Channel;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.util.SimpleKeyManagerFactory;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.security.KeyStore;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.stream.Stream;
import javax.net.ssl.KeyManager;
import javax.net.ssl.ManagerFactoryParameters;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The gateway's port: Inference, health and reflection over gRPC, the same as JSON over HTTP, a
 * page that documents and tries them at {@code /docs}, health for load balancers at {@code
 * /health}.
 */
public final class RpcServer implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(RpcServer.class);

  /** Time for the last failures to reach their clients. */
  private static final Duration QUIET_PERIOD = Duration.ofMillis(100);

  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(3);

  /**
   * How long a connection without requests stays open: longer than any client keeps one, since a
   * request that meets its end on the way fails, and can't be sent again by itself if it is large.
   */
  private static final Duration IDLE = Duration.ofHours(1);

  /**
   * How often a silent client is asked whether it is still there. The server library gives the
   * kernel the milliseconds as its keep-alive in seconds, which ends at 32,767.
   */
  private static final Duration PING = Duration.ofSeconds(30);

  /** Longest silence in the middle of a message. */
  private static final Duration MESSAGE_TIMEOUT = Duration.ofSeconds(60);

  /**
   * How requests are taken.
   *
   * @param security how the port is secured
   * @param limits how much one request may ask for
   * @param arrivingBytes most bytes of messages that are arriving at once
   * @param streamWindow messages of one stream that are under way at once
   * @param logRequests whether each request is logged
   */
  public record Options(
      ServerSecurity security,
      RequestLimits limits,
      long arrivingBytes,
      int streamWindow,
      boolean logRequests) {}

  private final Server server;
  private final Optional<Authorization> authorization;
  private final ConnectionCount connections;

  private RpcServer(
      Server server, Optional<Authorization> authorization, ConnectionCount connections) {
    this.server = server;
    this.authorization = authorization;
    this.connections = connections;
  }

  /**
   * Starts to listen.
   *
   * @param address where; port 0 takes a free one
   * @throws IllegalStateException in one line if the port can't be had
   */
  public static RpcServer start(
      InetSocketAddress address, Batcher batcher, ServingHealth health, Options options) {
    RequestLimits limits = options.limits();
    Optional<Authorization> authorization =
        options.security().tokens().map(tokens -> new Authorization(tokens, RpcServer::needOf));
    ByteBudget arriving = new ByteBudget(options.arrivingBytes());
    ConnectionCount connections = new ConnectionCount();
    Server server =
        listening(address, options.security())
            // Waiting for the model takes as long as it takes; a client's own deadline still holds.
            .requestTimeout(Duration.ZERO)
            .idleTimeout(IDLE)
            .childChannelPipelineCustomizer(pipeline -> counted(pipeline.channel(), connections))
            .decorator((service, context, request) -> {
              connections.called(context.remoteAddress());
              return service.serve(context, request);
            })
            .pingInterval(PING)
            .maxRequestLength(limits.messageBytes())
            .service(
                grpc(batcher, health, authorization, options),
                service -> decorated(service, arriving, options.logRequests()))
            .service(olderReflection(batcher, health, authorization, options), Undocumented::new)
            .service("/health", HealthCheckService.of(health.checker()))
            .serviceUnder("/docs", DocumentationPage.service())
            // Outcomes of requests are logged on demand, one line each.
            .unloggedExceptionsReportInterval(Duration.ZERO)
            .connectionDrainDuration(Duration.ZERO)
            .bossGroupFactory(Acceptor::named)
            .gracefulShutdownTimeout(QUIET_PERIOD, CLOSE_TIMEOUT)
            .build();
    try {
      server.start().join();
    } catch (CompletionException e) {
      server.close();
      throw new IllegalStateException(cannotListen(address, e), e);
    }
    return new RpcServer(server, authorization, connections);
  }

  private static void counted(Channel channel, ConnectionCount connections) {
    SocketAddress remote = channel.remoteAddress();
    // One that has gone already has no address any more.
    if (remote != null) {
      connections.opened(remote);
      var _ = channel.closeFuture().addListener(closed -> connections.closed(remote));
    }
  }

  private static ServerBuilder listening(InetSocketAddress address, ServerSecurity security) {
    if (security.tls().isEmpty()) {
      return Server.builder().http(address);
    }
    TransportSecurity tls = security.tls().get();
    return Server.builder()
        .https(address)
        .tls(new OwnKeys(tls.keys()))
        .tlsCustomizer(builder -> {
          builder.protocols(TransportSecurity.PROTOCOL);
          if (security.clientCertificates()) {
            builder.trustManager(tls.clients()).clientAuth(ClientAuth.REQUIRE);
          }
        });
  }

  /** Hands one key manager on, which knows itself when its certificate is replaced. */
  private static final class OwnKeys extends SimpleKeyManagerFactory {
    private final X509ExtendedKeyManager keys;

    OwnKeys(X509ExtendedKeyManager keys) {
      this.keys = keys;
    }

    @Override
    protected void engineInit(KeyStore store, char[] password) {}

    @Override
    protected void engineInit(ManagerFactoryParameters parameters) {}

    @Override
    protected KeyManager[] engineGetKeyManagers() {
      return new KeyManager[] {keys};
    }
  }

  /** What a token must allow for a method; a load balancer may ask for health without one. */
  private static Need needOf(MethodDescriptor<?, ?> method) {
    String service = String.valueOf(method.getServiceName());
    if (service.equals(HealthGrpc.SERVICE_NAME)) {
      return new Need.Nothing();
    }
    return service.equals(InferenceGrpc.SERVICE_NAME)
        ? new Need.Scoped(Scope.INFER)
        : new Need.AnyToken();
  }

  private static GrpcServiceBuilder authorized(Optional<Authorization> authorization) {
    GrpcServiceBuilder builder = GrpcService.builder().intercept(new TraceParents());
    authorization.ifPresent(builder::intercept);
    return builder;
  }

  private static GrpcService grpc(
      Batcher batcher,
      ServingHealth health,
      Optional<Authorization> authorization,
      Options options) {
    RequestLimits limits = options.limits();
    return authorized(authorization)
        .addService(new InferenceService(batcher, new Requests(limits), options.streamWindow()))
        .addService(health.service())
        .addService(ProtoReflectionServiceV1.newInstance())
        .exceptionHandler(RpcServer::failed)
        .maxRequestMessageLength(limits.messageBytes())
        .decompressorRegistry(Inflating.registry())
        .jsonMarshallerFactory(
            service -> new JsonRequests(limits.messageBytes(), GrpcJsonMarshaller.of(service)))
        .supportedSerializationFormats(GrpcSerializationFormats.values())
        .enableUnframedRequests(true)
        .useBlockingTaskExecutor(true)
        .build();
  }

  private static GrpcService olderReflection(
      Batcher batcher,
      ServingHealth health,
      Optional<Authorization> authorization,
      Options options) {
    BindableService inference = new InferenceService(batcher, new Requests(options.limits()), 1);
    return authorized(authorization)
        .addService(OlderReflection.of(List.of(inference, health.service())))
        .supportedSerializationFormats(GrpcSerializationFormats.PROTO)
        .build();
  }

  /** A service that the page doesn't see: it can't describe one that has another's messages. */
  private record Undocumented(HttpService service) implements HttpService {
    @Override
    public void serviceAdded(ServiceConfig config) throws Exception {
      service.serviceAdded(config);
    }

    @Override
    public HttpResponse serve(ServiceRequestContext context, HttpRequest request) throws Exception {
      return service.serve(context, request);
    }
  }

  private static HttpService decorated(
      HttpService service, ByteBudget arriving, boolean logRequests) {
    HttpService limited =
        new ArrivalLimit(service, arriving, MESSAGE_TIMEOUT)
            .decorate((delegate, context, request) -> {
              // A stream may be longer than a message: its messages are limited singly.
              if (isFramed(request.headers().get(HttpHeaderNames.CONTENT_TYPE))) {
                context.setMaxRequestLength(0);
              }
              return delegate.serve(context, request);
            });
    return logRequests ? new RequestLog(limited) : limited;
  }

  /** The port it listens on. */
  public int port() {
    return server.activeLocalPort();
  }

  /** Calls that were refused for their token. */
  public long refusedCalls() {
    return authorization.map(Authorization::refused).orElse(0L);
  }

  /** Connections that ended without a request. */
  public long droppedConnections() {
    return connections.dropped();
  }

  /** Stops listening once the calls under way have ended. */
  @Override
  public void close() {
    server.stop().join();
  }

  /** What a client is told of a failure that no service has turned into a status. */
  static Status failed(
      RequestContext context, Status status, Throwable failure, Metadata trailers) {
    Optional<InvalidProtocolBufferException> malformed =
        cause(failure, InvalidProtocolBufferException.class);
    if (malformed.isPresent()) {
      return Status.INVALID_ARGUMENT.withDescription(
          "the message is not one of this method, or a text in it is not UTF-8: "
              + malformed.get().getMessage());
    }
    if (endsEarly(failure)) {
      return Status.INVALID_ARGUMENT.withDescription(
          "the message is shorter than the length before it says");
    }
    Optional<StatusRuntimeException> said = cause(failure, StatusRuntimeException.class);
    if (said.isPresent()) {
      Optional.ofNullable(said.get().getTrailers()).ifPresent(trailers::merge);
      return said.get().getStatus();
    }
    if (cause(failure, ClosedStreamException.class).isPresent()
        || cause(failure, ResponseCompleteException.class).isPresent()) {
      return Status.CANCELLED.withDescription("the client has closed the stream");
    }
    if (Shortage.isPassing(failure)) {
      log.warn("{} didn't fit into memory: {}", context.path(), failure.toString());
      StatusRuntimeException exhausted =
          Statuses.exhausted("memory is short; send less at once or retry later");
      Optional.ofNullable(exhausted.getTrailers()).ifPresent(trailers::merge);
      return exhausted.getStatus();
    }
    if (status.getCode() != Status.Code.UNKNOWN) {
      return status;
    }
    log.error("{} failed unexpectedly", context.path(), failure);
    return Status.INTERNAL.withDescription("unexpected: " + failure).withCause(failure);
  }

  /** Whether the library looked for more of a message than had come, of which it has no name. */
  private static boolean endsEarly(Throwable failure) {
    return cause(failure, IndexOutOfBoundsException.class).stream()
        .flatMap(error -> Stream.of(error.getStackTrace()))
        .anyMatch(frame -> frame.getClassName().endsWith("MessageDeframer"));
  }

  private static boolean isFramed(@Nullable String contentType) {
    return contentType != null && contentType.startsWith("application/grpc");
  }

  private static String cannotListen(InetSocketAddress address, Throwable failure) {
    String where = address.getHostString() + ":" + address.getPort();
    return bindFailure(failure)
        .map(bind ->
            "can't listen on %s (%s); stop the program that has the port or choose another with --port, 0 takes a free one"
                .formatted(where, bind.getMessage()))
        .orElseGet(() -> "can't listen on " + where + ": " + failure.getMessage());
  }

  private static <T extends Throwable> Optional<T> cause(Throwable failure, Class<T> type) {
    for (Throwable t = failure; t != null; t = t.getCause()) {
      if (type.isInstance(t)) {
        return Optional.of(type.cast(t));
      }
    }
    return Optional.empty();
  }

  private static Optional<Throwable> bindFailure(Throwable failure) {
    for (Throwable t = failure; t != null; t = t.getCause()) {
      if (t instanceof BindException || t.getClass().getSimpleName().equals("NativeIoException")) {
        return Optional.of(t);
      }
    }
    return Optional.empty();
  }
}
