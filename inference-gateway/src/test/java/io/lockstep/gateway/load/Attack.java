package io.lockstep.gateway.load;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.lockstep.proto.inference.v1.ChatContent;
import io.lockstep.proto.inference.v1.ChatMessage;
import io.lockstep.proto.inference.v1.ChatRequest;
import io.lockstep.proto.inference.v1.Decoding;
import io.lockstep.proto.inference.v1.InferenceGrpc;
import io.lockstep.proto.inference.v1.InferenceGrpc.InferenceBlockingStub;
import io.lockstep.proto.inference.v1.Picture;
import io.lockstep.proto.inference.v1.SummarizeRequest;
import java.awt.image.BufferedImage;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32;
import java.util.zip.DeflaterOutputStream;
import javax.imageio.ImageIO;

/**
 * Measures what other clients of a gateway on this machine feel while it is asked for too much.
 *
 * <p>Arguments: port, seconds without attack, seconds with it, how often both take turns, and what
 * to attack with: any of {@code text}, {@code gzip}, {@code pictures}, {@code messages}; all
 * without. The figures are those of one quiet client that asks about a small picture four times a
 * second. The attackers are processes of their own that compute at a low priority, because they
 * would have processors of their own.
 */
public final class Attack {

  private static final String ATTACKERS = "attackers";
  private static final int WARM_UP_SECONDS = 5;
  private static final int LONGEST_SECONDS = 7200;
  private static final int SIDE = 8000;
  private static final int PERIOD_MILLIS = 250;

  private final int port;
  private final Map<String, Integer> outcomes = Collections.synchronizedMap(new TreeMap<>());
  private final List<Long> quietMillis = new ArrayList<>();
  private final List<Long> attackedMillis = new ArrayList<>();
  private volatile long end;

  private Attack(int port) {
    this.port = port;
  }

  /** Runs both phases and prints their latencies and the outcomes of the attacks. */
  public static void main(String[] arguments) throws Exception {
    if (arguments.length > 0 && arguments[0].equals(ATTACKERS)) {
      beAttackers(Arrays.asList(arguments).subList(1, arguments.length));
      return;
    }
    if (arguments.length < 4) {
      System.err.println("PORT QUIET_SECONDS ATTACK_SECONDS TURNS [text|gzip|pictures|messages]");
      System.exit(2);
    }
    Attack attack = new Attack(Integer.parseInt(arguments[0]));
    int quietSeconds = seconds(arguments[1]);
    int attackSeconds = seconds(arguments[2]);
    List<String> kinds =
        arguments.length > 4
            ? Arrays.asList(arguments).subList(4, arguments.length)
            : List.of("text", "gzip", "pictures", "messages");
    attack.end = System.nanoTime() + TimeUnit.SECONDS.toNanos(WARM_UP_SECONDS);
    attack.measure();
    for (int turn = Integer.parseInt(arguments[3]); turn > 0; turn--) {
      attack.quiet(quietSeconds);
      attack.attack(kinds, attackSeconds);
    }
    print("in all, quiet", attack.quietMillis);
    print("in all, attacked", attack.attackedMillis);
    attack.outcomes.forEach((what, count) -> System.out.printf("%8d %s%n", count, what));
  }

  private static int seconds(String text) {
    return Math.clamp(Integer.parseInt(text), 1, LONGEST_SECONDS);
  }

  private void quiet(int seconds) throws IOException, InterruptedException {
    end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    List<Long> millis = measure();
    quietMillis.addAll(millis);
    print("quiet", millis);
  }

  private void attack(List<String> kinds, int seconds) throws Exception {
    List<String> command = new ArrayList<>(List.of("nice", "-n", "10"));
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx2g", "-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(Attack.class.getName(), ATTACKERS, Integer.toString(port)));
    command.add(Integer.toString(seconds));
    command.addAll(kinds);
    Process attackers =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    try (BufferedReader said = attackers.inputReader(StandardCharsets.UTF_8)) {
      if (said.readLine() == null) {
        throw new IOException("the attackers ended with " + attackers.waitFor());
      }
      end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
      List<Long> millis = measure();
      attackedMillis.addAll(millis);
      print("attacked", millis);
      for (String line = said.readLine(); line != null; line = said.readLine()) {
        int space = line.indexOf(' ');
        outcomes.merge(
            line.substring(space + 1), Integer.parseInt(line.substring(0, space)), Integer::sum);
      }
    } finally {
      attackers.destroyForcibly();
    }
  }

  /** {@code PORT SECONDS KIND...}: says when it begins, and what became of its requests. */
  private static void beAttackers(List<String> arguments) throws Exception {
    Attack attack = new Attack(Integer.parseInt(arguments.getFirst()));
    ByteString large = ByteString.copyFrom(largePicture());
    System.out.println("attacking");
    attack.end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds(arguments.get(1)));
    List<Thread> threads = new ArrayList<>();
    for (String kind : arguments.subList(2, arguments.size())) {
      int count = kind.equals("messages") ? 20 : 2;
      for (int i = 0; i < count; i++) {
        threads.add(Thread.ofPlatform().daemon().start(() -> attack.repeat(kind, large)));
      }
    }
    for (Thread thread : threads) {
      thread.join(TimeUnit.SECONDS.toMillis(60));
    }
    attack.outcomes.forEach((what, count) -> System.out.println(count + " " + what));
  }

  private static void print(String phase, List<Long> millis) {
    System.out.printf(
        "%-16s %d answers, p50 %d ms, p95 %d ms, p99 %d ms, most %d ms%n",
        phase,
        millis.size(),
        share(millis, 0.5),
        share(millis, 0.95),
        share(millis, 0.99),
        share(millis, 1));
  }

  private static long share(List<Long> millis, double share) {
    if (millis.isEmpty()) {
      return -1;
    }
    List<Long> sorted = millis.stream().sorted().toList();
    return sorted.get((int) Math.min(sorted.size() - 1, share * sorted.size()));
  }

  private List<Long> measure() throws IOException, InterruptedException {
    List<Long> millis = new ArrayList<>();
    ManagedChannel channel = channel();
    try {
      SummarizeRequest request =
          SummarizeRequest.newBuilder()
              .addPictures(Picture.newBuilder().setId("small").setContent(smallPicture()))
              .setDecoding(Decoding.newBuilder().setMaxNewTokens(16))
              .build();
      while (System.nanoTime() < end) {
        long begin = System.nanoTime();
        String outcome = call(() -> InferenceGrpc.newBlockingStub(channel).summarize(request));
        long took = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin);
        if (!outcome.startsWith("OK") && !outcome.startsWith("FAILED_PRECONDITION")) {
          System.out.println("the quiet client got " + outcome);
        }
        millis.add(took);
        Thread.sleep(Math.max(0, PERIOD_MILLIS - took));
      }
    } finally {
      channel.shutdownNow();
    }
    return millis;
  }

  private void repeat(String kind, ByteString large) {
    ManagedChannel channel = channel();
    try {
      while (System.nanoTime() < end) {
        InferenceBlockingStub stub =
            InferenceGrpc.newBlockingStub(channel).withDeadlineAfter(120, TimeUnit.SECONDS);
        String outcome =
            call(
                switch (kind) {
                  case "text" -> () -> stub.chat(chat("word ".repeat(4600)));
                  case "gzip" ->
                      () -> stub.withCompression("gzip").chat(chat("a".repeat(60 << 20)));
                  case "pictures" -> () -> stub.summarize(pictures(16, large));
                  case "messages" ->
                      () -> stub.summarize(pictures(2, ByteString.copyFrom(new byte[30 << 20])));
                  default -> throw new IllegalArgumentException("no attack " + kind);
                });
        outcomes.merge(kind + ": " + outcome, 1, Integer::sum);
        Thread.sleep(100);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      channel.shutdownNow();
    }
  }

  private interface Call {
    Object run();
  }

  private static String call(Call call) {
    try {
      call.run();
      return "OK";
    } catch (StatusRuntimeException e) {
      Status status = e.getStatus();
      String message = String.valueOf(status.getDescription()).replaceAll("\\d+", "N");
      return status.getCode() + " " + message.substring(0, Math.min(90, message.length()));
    }
  }

  private ManagedChannel channel() {
    return NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build();
  }

  private static ChatRequest chat(String text) {
    return ChatRequest.newBuilder()
        .addMessages(
            ChatMessage.newBuilder()
                .setRole(ChatMessage.Role.ROLE_USER)
                .addContents(ChatContent.newBuilder().setText(text)))
        .setDecoding(Decoding.newBuilder().setMaxNewTokens(16))
        .build();
  }

  private static SummarizeRequest pictures(int count, ByteString content) {
    SummarizeRequest.Builder request =
        SummarizeRequest.newBuilder().setDecoding(Decoding.newBuilder().setMaxNewTokens(16));
    for (int i = 0; i < count; i++) {
      request.addPictures(Picture.newBuilder().setId("p" + i).setContent(content));
    }
    return request.build();
  }

  private static ByteString smallPicture() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ImageIO.write(new BufferedImage(64, 64, BufferedImage.TYPE_INT_RGB), "png", out);
    return ByteString.copyFrom(out.toByteArray());
  }

  /** 64 megapixels of 16-bit RGBA in half a megabyte. */
  private static byte[] largePicture() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(new byte[] {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'});
    ByteArrayOutputStream header = new ByteArrayOutputStream();
    DataOutputStream fields = new DataOutputStream(header);
    fields.writeInt(SIDE);
    fields.writeInt(SIDE);
    fields.write(new byte[] {16, 6, 0, 0, 0});
    chunk(out, "IHDR", header.toByteArray());
    ByteArrayOutputStream pixels = new ByteArrayOutputStream();
    try (DeflaterOutputStream deflater = new DeflaterOutputStream(pixels)) {
      byte[] row = new byte[1 + SIDE * 8];
      for (int y = 0; y < SIDE; y++) {
        deflater.write(row);
      }
    }
    chunk(out, "IDAT", pixels.toByteArray());
    chunk(out, "IEND", new byte[0]);
    return out.toByteArray();
  }

  private static void chunk(ByteArrayOutputStream out, String type, byte[] data)
      throws IOException {
    DataOutputStream to = new DataOutputStream(out);
    byte[] name = type.getBytes(StandardCharsets.US_ASCII);
    CRC32 crc = new CRC32();
    crc.update(name);
    crc.update(data);
    to.writeInt(data.length);
    to.write(name);
    to.write(data);
    to.writeInt((int) crc.getValue());
  }
}
