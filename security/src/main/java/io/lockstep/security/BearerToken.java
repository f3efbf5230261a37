package io.lockstep.security;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.regex.Pattern;

/** A client's token, from a file that is read again when it is replaced; sent with each call. */
public final class BearerToken implements ClientInterceptor {

  static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
  static final String SCHEME = "Bearer ";

  private static final int BYTES = 32;
  private static final Pattern TOKEN = Pattern.compile("[\\x21-\\x7e]{16,512}");

  private final WatchedFile<String> token;

  private BearerToken(WatchedFile<String> token) {
    this.token = token;
  }

  /**
   * Reads a file that holds a token and nothing else.
   *
   * @throws CredentialException if it holds anything else
   */
  public static BearerToken of(Path file) {
    return new BearerToken(
        new WatchedFile<>(
            file,
            text -> {
              String token = text.strip();
              if (!TOKEN.matcher(token).matches()) {
                throw new CredentialException(
                    file
                        + " holds no token: it must be one line of 16 to 512 visible ASCII characters");
              }
              return token;
            }));
  }

  /** A new one: 256 random bits. */
  public static String random() {
    byte[] bits = new byte[BYTES];
    new SecureRandom().nextBytes(bits);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bits);
  }

  @Override
  public <Q, A> ClientCall<Q, A> interceptCall(
      MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
    return new ForwardingClientCall.SimpleForwardingClientCall<>(next.newCall(method, options)) {
      @Override
      public void start(Listener<A> listener, Metadata headers) {
        headers.put(AUTHORIZATION, SCHEME + token.value());
        super.start(listener, headers);
      }
    };
  }
}
