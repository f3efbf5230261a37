package io.lockstep.benchmark;

import ai.djl.ndarray.NDArray;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Dtype;
import io.lockstep.tensor.Ops;
import io.lockstep.tensor.PackedMatrix;
import io.lockstep.tensor.RowProducts;
import io.lockstep.tensor.Scope;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * What this machine does in a second at best, with as many threads as libtorch was started with:
 * each is the quickest of several runs.
 *
 * @param flops floating-point operations of a large matrix product in float32
 * @param moved bytes that an elementwise operator over large tensors reads and writes
 * @param read bytes of a large matrix that a product with one row reads
 * @param loopback bytes through a TCP connection of this machine with itself
 */
public record MachineRates(double flops, double moved, double read, double loopback) {

  private static final int RUNS = 4;
  private static final double NANOS = 1e9;

  /** Sides of the matrices of the large product. */
  private static final int SIDE = 2048;

  /** Values of a large tensor: 256 MiB, more than caches hold. */
  private static final int ROWS = 1 << 14;

  private static final int COLUMNS = 1 << 12;

  /** An addition in place reads two values and writes one. */
  private static final int VALUES_MOVED = 3;

  private static final int CHUNK = 1 << 20;
  private static final int CHUNKS = 256;

  /** Measures; takes a few seconds and 600 MB. Libtorch runs. */
  public static MachineRates measure() throws IOException {
    double bytes = Dtype.FLOAT32.bytes((long) ROWS * COLUMNS);
    double flops;
    double moved;
    double read;
    try (Scope scope = Scope.open()) {
      NDArray square = scope.zeros(Dtype.FLOAT32, SIDE, SIDE);
      double cube = 2.0 * SIDE * SIDE * SIDE;
      flops =
          cube
              / quickest(() -> {
                try (Scope temporary = Scope.open()) {
                  var _ = Ops.matmul(square, square);
                }
              });
    }
    try (Scope scope = Scope.open()) {
      NDArray matrix = scope.zeros(Dtype.FLOAT32, ROWS, COLUMNS);
      NDArray other = scope.zeros(Dtype.FLOAT32, ROWS, COLUMNS);
      moved = VALUES_MOVED * bytes / quickest(() -> Ops.addInPlace(matrix, other));
      read = read(scope, matrix).orElse(moved);
    }
    return new MachineRates(flops, moved, read, throughLoopback());
  }

  private static Optional<Double> read(Scope scope, NDArray matrix) {
    Optional<RowProducts> opened = RowProducts.open();
    if (opened.isEmpty()) {
      return Optional.empty();
    }
    Buffer input = Buffer.of(scope.zeros(Dtype.FLOAT32, COLUMNS));
    Buffer output = Buffer.of(scope.zeros(Dtype.FLOAT32, ROWS));
    try (Arena arena = Arena.ofShared();
        RowProducts products = opened.get();
        RowProducts.Use use = products.begin()) {
      PackedMatrix weight = PackedMatrix.of(arena, List.of(Buffer.of(matrix)), COLUMNS);
      return Optional.of(
          weight.bytes() / quickest(() -> products.linear(weight, input, 1, output)));
    }
  }

  private static double quickest(Runnable work) {
    double best = Double.POSITIVE_INFINITY;
    for (int run = 0; run <= RUNS; run++) {
      long begin = System.nanoTime();
      work.run();
      best = Math.min(best, (System.nanoTime() - begin) / NANOS);
    }
    return best;
  }

  private static double throughLoopback() throws IOException {
    try (ServerSocketChannel server = ServerSocketChannel.open()) {
      server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      try (SocketChannel sender = SocketChannel.open(server.getLocalAddress());
          SocketChannel receiver = server.accept()) {
        CompletableFuture<Void> sent = CompletableFuture.runAsync(() -> send(sender));
        ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK);
        long begin = System.nanoTime();
        long left = (long) CHUNK * CHUNKS;
        while (left > 0) {
          int received = receiver.read(chunk.clear());
          if (received < 0) {
            throw new IOException("a connection of this machine with itself has ended early");
          }
          left -= received;
        }
        double seconds = (System.nanoTime() - begin) / NANOS;
        sent.join();
        return (double) CHUNK * CHUNKS / seconds;
      }
    }
  }

  private static void send(SocketChannel to) {
    ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK);
    try {
      for (int i = 0; i < CHUNKS; i++) {
        chunk.clear();
        while (chunk.hasRemaining()) {
          int _ = to.write(chunk);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
