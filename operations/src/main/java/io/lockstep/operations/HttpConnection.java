package io.lockstep.operations;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.ScheduledFuture;
import io.prometheus.metrics.core.metrics.Counter;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;

/**
 * One connection with an HTTP port: a request at a time is read whole, answered on another thread
 * and written. Whoever takes too long is cut off; one that ends without a request is counted.
 */
// A write or close that fails ends the channel.
@SuppressWarnings("FutureReturnValueIgnored")
final class HttpConnection extends SimpleChannelInboundHandler<FullHttpRequest> {

  /** In which the first request has to come, handshake included. */
  private static final Duration FIRST = Duration.ofSeconds(10);

  /** In which a further one has to come. */
  private static final Duration NEXT = Duration.ofSeconds(30);

  /** In which an answer has to be made and read. */
  private static final Duration ANSWER = Duration.ofSeconds(60);

  private final HttpSite site;
  private final Executor threads;
  private final Counter dropped;
  private volatile boolean asked;
  private boolean answering;
  private @Nullable ScheduledFuture<?> limit;

  HttpConnection(HttpSite site, Executor threads, Counter dropped) {
    this.site = site;
    this.threads = threads;
    this.dropped = dropped;
  }

  /** To be called once it has ended, however far it came. */
  void closed() {
    if (!asked) {
      dropped.inc();
    }
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    within(context, FIRST);
    context.fireChannelActive();
  }

  /** Closes the connection unless this is called again in time. */
  private void within(ChannelHandlerContext context, Duration time) {
    ScheduledFuture<?> before = limit;
    if (before != null) {
      before.cancel(false);
    }
    limit =
        context.executor().schedule(() -> context.close(), time.toMillis(), TimeUnit.MILLISECONDS);
  }

  @Override
  protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request) {
    Optional<HttpSite.Request> understood = understood(context, request);
    if (answering || understood.isEmpty()) {
      // Nobody who means well asks before the answer has come, or what can't be read.
      context.close();
      return;
    }
    asked = true;
    answering = true;
    within(context, ANSWER);
    boolean head = request.method().equals(HttpMethod.HEAD);
    try {
      threads.execute(() -> {
        HttpSite.Answer answer = site.answer(understood.get());
        context.executor().execute(() -> write(context, answer, head));
      });
    } catch (RejectedExecutionException ending) {
      context.close();
    }
  }

  private static Optional<HttpSite.Request> understood(
      ChannelHandlerContext context, FullHttpRequest request) {
    if (request.decoderResult().isFailure()) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          new HttpSite.Request(
              request.method().name(),
              new URI(request.uri()),
              Optional.ofNullable(request.headers().get(HttpHeaderNames.AUTHORIZATION)),
              hasCertificate(context)));
    } catch (URISyntaxException e) {
      return Optional.empty();
    }
  }

  private static boolean hasCertificate(ChannelHandlerContext context) {
    SslHandler tls = context.pipeline().get(SslHandler.class);
    try {
      return tls != null && tls.engine().getSession().getPeerCertificates().length > 0;
    } catch (SSLPeerUnverifiedException e) {
      return false;
    }
  }

  private void write(ChannelHandlerContext context, HttpSite.Answer answer, boolean head) {
    byte[] body = answer.content().body();
    ByteBuf content = head ? Unpooled.EMPTY_BUFFER : Unpooled.wrappedBuffer(body);
    FullHttpResponse response =
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(answer.content().status()), content);
    var headers = response.headers();
    answer.headers().forEach(headers::set);
    headers.set(HttpHeaderNames.CONTENT_TYPE, answer.content().type());
    headers.set(HttpHeaderNames.CONTENT_LENGTH, body.length);
    headers.set("Cache-Control", "no-store");
    headers.set("X-Content-Type-Options", "nosniff");
    headers.set("Referrer-Policy", "no-referrer");
    headers.set(
        "Content-Security-Policy",
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:;"
            + " frame-ancestors 'none'; base-uri 'none'");
    answering = false;
    context
        .writeAndFlush(response)
        .addListener(
            (ChannelFutureListener)
                written -> {
                  if (!written.isSuccess()) {
                    context.close();
                  } else if (!answering) {
                    within(context, NEXT);
                  }
                });
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    ScheduledFuture<?> last = limit;
    if (last != null) {
      last.cancel(false);
    }
    context.fireChannelInactive();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    context.close();
  }
}
