package io.lockstep.security;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Lets a call through if its token allows the method. Whoever has no token, or a wrong one, learns
 * no more than that.
 */
public final class Authorization implements ServerInterceptor {

  private static final Context.Key<Grant> GRANT = Context.keyWithDefault("grant", Grant.ANYTHING);

  private final AcceptedTokens tokens;
  private final Function<MethodDescriptor<?, ?>, Need> needs;
  private final AtomicLong refused = new AtomicLong();

  /** What a method asks of a token. */
  public sealed interface Need {

    /** Nothing: anybody may call it. */
    record Nothing() implements Need {}

    /** Any token that is accepted. */
    record AnyToken() implements Need {}

    /** One with a scope. */
    record Scoped(Scope scope) implements Need {}
  }

  /**
   * An interceptor.
   *
   * @param needs what each method asks for
   */
  public Authorization(AcceptedTokens tokens, Function<MethodDescriptor<?, ?>, Need> needs) {
    this.tokens = tokens;
    this.needs = needs;
  }

  /** What the token of the call that is being answered allows; everything where none is asked. */
  public static Grant granted() {
    return GRANT.get();
  }

  /** Calls that were refused so far. */
  public long refused() {
    return refused.get();
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    Need need = needs.apply(call.getMethodDescriptor());
    if (need instanceof Need.Nothing) {
      return next.startCall(call, headers);
    }
    Optional<Grant> grant = grant(headers.get(BearerToken.AUTHORIZATION));
    if (grant.isEmpty()) {
      return refuse(
          call,
          Status.UNAUTHENTICATED.withDescription(
              headers.containsKey(BearerToken.AUTHORIZATION)
                  ? "this server doesn't accept the token that was sent"
                  : "this server asks for a token: give --token FILE"));
    }
    if (need instanceof Need.Scoped(Scope scope) && !grant.get().permits(scope)) {
      return refuse(
          call,
          Status.PERMISSION_DENIED.withDescription(
              "the token that was sent doesn't allow this: it needs the scope '%s'"
                  .formatted(scope.text())));
    }
    return Contexts.interceptCall(
        Context.current().withValue(GRANT, grant.get()), call, headers, next);
  }

  private Optional<Grant> grant(@Nullable String header) {
    return header != null
            && header.regionMatches(true, 0, BearerToken.SCHEME, 0, BearerToken.SCHEME.length())
        ? tokens.grant(header.substring(BearerToken.SCHEME.length()).strip())
        : Optional.empty();
  }

  private <Q, A> ServerCall.Listener<Q> refuse(ServerCall<Q, A> call, Status status) {
    refused.incrementAndGet();
    call.close(status, new Metadata());
    return new ServerCall.Listener<>() {};
  }
}
