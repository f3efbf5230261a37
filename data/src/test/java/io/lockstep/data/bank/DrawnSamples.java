package io.lockstep.data.bank;

import io.lockstep.data.geometry.Geometry;
import io.lockstep.data.image.DecodeLimits;
import io.lockstep.data.image.ImageDecoder;
import io.lockstep.data.image.RgbImage;
import io.lockstep.data.jsonl.JsonlFile;
import io.lockstep.data.plan.EpochPlan;
import io.lockstep.data.plan.SampleRef;
import io.lockstep.data.plan.SplitMix64;
import io.lockstep.data.record.DataObject;
import io.lockstep.data.record.ImageRecord;
import io.lockstep.data.record.RecordReader;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import java.util.stream.LongStream;
import javax.imageio.ImageIO;

/** A small dataset, and what each of its samples is given over some epochs. */
final class DrawnSamples implements AutoCloseable {

  private static final int RECORDS = 24;
  private static final int EPOCHS = 4;
  private static final int SIDE = 48;
  private static final long SEED = 11;

  private final JsonlFile file;
  private final EpochPlan plan;
  private final PatchSupply supply;

  private DrawnSamples(JsonlFile file, EpochPlan plan, PatchSupply supply) {
    this.file = file;
    this.plan = plan;
    this.supply = supply;
  }

  /** Writes pictures and their records. */
  static Path write(Path folder) throws IOException {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < RECORDS; i++) {
      RgbImage pixels = Patches.pixels(i, SIDE, SIDE);
      BufferedImage png = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB);
      png.setRGB(0, 0, SIDE, SIDE, pixels.packed(), 0, SIDE);
      ImageIO.write(png, "png", folder.resolve(i + ".png").toFile());
      StringBuilder objects = new StringBuilder();
      for (int k = 0; k <= i % 4; k++) {
        objects.append(
            "%s{\"desc\": \"标签/%d\", \"bbox_2d\": [%d, %d, %d, %d]}"
                .formatted(k == 0 ? "" : ", ", k, k * 8, i, k * 8 + 7, i + 10));
      }
      lines.append(
          "{\"images\": [\"%d.png\"], \"objects\": [%s], \"width\": %d, \"height\": %d}%n"
              .formatted(i, objects, SIDE, SIDE));
    }
    return Files.writeString(folder.resolve("train.jsonl"), lines);
  }

  static DrawnSamples open(Path jsonl, Path bank, long maxBytes) throws IOException {
    PatchBank opened = PatchBank.open(bank, maxBytes);
    return open(
        jsonl,
        sources -> new PatchSupply(opened, sources, new ImageDecoder(DecodeLimits.DEFAULT), SEED));
  }

  static DrawnSamples withoutBank(Path jsonl) {
    return open(
        jsonl,
        sources -> PatchSupply.withoutBank(sources, new ImageDecoder(DecodeLimits.DEFAULT), SEED));
  }

  private static DrawnSamples open(Path jsonl, Function<SourceSamples, PatchSupply> supply) {
    JsonlFile file = JsonlFile.open(jsonl);
    EpochPlan plan = new EpochPlan(file.size(), SEED, 2, 2);
    SourceSamples sources =
        new EarlierSamples(
            plan, sample -> Optional.of((ImageRecord) RecordReader.read(file, sample)));
    return new DrawnSamples(file, plan, supply.apply(sources));
  }

  PatchSupply supply() {
    return supply;
  }

  List<Long> positions() {
    return LongStream.range(0, EPOCHS * plan.samples()).boxed().toList();
  }

  /** Visits positions in this order, and digests what was given in the order of the plan. */
  String digest(List<Long> positions, int threads) throws Exception {
    TreeMap<Long, Future<String>> given = new TreeMap<>();
    try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
      for (long position : positions) {
        given.put(position, pool.submit((Callable<String>) () -> given(position)));
      }
    }
    StringBuilder all = new StringBuilder();
    for (Future<String> each : given.values()) {
      all.append(each.get());
    }
    return sha256(all.toString().getBytes(StandardCharsets.UTF_8));
  }

  private String given(long position) {
    SampleRef ref = plan.at(position);
    BankRule rule = new BankRule(DrawnSamples::pieces, 0.5);
    long draw = SplitMix64.mix(SEED, ref.epoch(), ref.sample(), 3);
    Optional<Patch> patch = supply.draw(position / plan.globalBatch(), draw, rule);
    return position
        + ":"
        + patch.map(each -> sha256(PatchCodec.encode(each))).orElse("nothing")
        + "\n";
  }

  private static List<Piece> pieces(int width, int height, List<DataObject> objects) {
    List<Piece> pieces = new ArrayList<>();
    for (int i = 0; i < objects.size(); i++) {
      DataObject object = objects.get(i);
      if (object.geometry() instanceof Geometry.Box box) {
        Region region = new Region((int) box.x1(), (int) box.y1(), 7, 10);
        pieces.add(new Piece(region, List.of(new PatchObject(i, object.desc(), box))));
      }
    }
    return pieces;
  }

  static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    file.close();
  }
}
