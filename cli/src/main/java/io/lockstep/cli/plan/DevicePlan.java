package io.lockstep.cli.plan;

import io.lockstep.cli.console.JsonLine;
import io.lockstep.cli.console.Table;
import io.lockstep.cli.plan.Remedy.Kind;
import io.lockstep.worker.tuning.TrainableTable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * What fits on devices of a given memory, as a table, in words and as JSON.
 *
 * @param device memory of a device
 * @param allowance what of it is kept free for what can't be counted: the CUDA context, workspaces
 *     of libraries, NCCL's own buffers, fragmentation
 */
public record DevicePlan(long device, long allowance) {

  /** Numbers of workers that are looked at unless one is asked for. */
  public static final List<Integer> WORLDS = List.of(1, 2, 4, 8, 16);

  /** Changes that leave alone what is trained, and on what. */
  private static final EnumSet<Kind> SAME_LEARNING =
      EnumSet.complementOf(EnumSet.of(Kind.ADAPTER, Kind.SHORTER));

  /**
   * A question with what its answer is called in the overview.
   *
   * @param name of the model
   * @param question on one worker
   */
  public record Row(String name, Question question) {}

  /** A question on several numbers of workers. */
  private record Answer(Question question, RankMemory memory, boolean fits) {}

  private List<Answer> answers(Question asked, List<Integer> worlds) throws IOException {
    List<Answer> answers = new ArrayList<>();
    for (int world : worlds) {
      Optional<Question> question = asked.on(world);
      if (question.isPresent()
          && (asked.sharing().scales() || world <= asked.sharing().virtualRanks())) {
        RankMemory memory = RankMemory.of(question.get(), allowance);
        answers.add(new Answer(question.get(), memory, memory.total() <= device));
      }
    }
    return answers;
  }

  /** Prints the answer to one question. */
  public void print(String name, Question asked, List<Integer> worlds) throws IOException {
    List<Answer> answers = answers(asked, worlds);
    System.out.println(title(name, asked));
    System.out.println(batch(asked.batch()) + ":");
    Table table =
        new Table()
            .row(
                "workers",
                "weights",
                "copy",
                "gradients",
                "moments",
                "sums",
                "activations",
                "logits",
                "exchange",
                "allowance",
                "total",
                "of " + MemorySize.text(device) + " GiB");
    answers.forEach(answer ->
        table.row(
            String.valueOf(answer.question().sharing().world()),
            MemorySize.text(answer.memory().weights()),
            MemorySize.text(answer.memory().copy()),
            MemorySize.text(answer.memory().gradients()),
            MemorySize.text(answer.memory().moments()),
            MemorySize.text(answer.memory().reduced()),
            MemorySize.text(answer.memory().activations()),
            MemorySize.text(answer.memory().logits()),
            MemorySize.text(answer.memory().exchange()),
            MemorySize.text(answer.memory().allowance()),
            MemorySize.text(answer.memory().total()),
            answer.fits() ? "fits" : "doesn't fit"));
    System.out.print(table.render());
    System.out.println(
        "GiB of the rank that needs most, at stage %d of ZeRO; most is there in %s"
            .formatted(asked.sharing().stage(), answers.getFirst().memory().most()));
    Answer first = answers.getFirst();
    if (!first.fits()) {
      printRemedies(first);
    }
  }

  private void printRemedies(Answer answer) throws IOException {
    int world = answer.question().sharing().world();
    String begin = "on %d worker%s it doesn't fit".formatted(world, world == 1 ? "" : "s");
    for (Remedy remedy : remedies(answer.question())) {
      String changes = String.join("; ", remedy.changes());
      String size = MemorySize.text(remedy.memory().total());
      System.out.println(
          remedy.fits(device)
              ? "%s; it does with %s (%s GiB)".formatted(begin, changes, size)
              : "%s; with %s it still takes %s GiB: that needs devices with more memory, or a smaller model"
                  .formatted(begin, changes, size));
      begin = "with the same weights trained and samples as long";
    }
  }

  /** What fits with the least changes, and what fits without an adapter and with whole samples. */
  private List<Remedy> remedies(Question question) throws IOException {
    Remedy least = Remedy.find(question, device, allowance, EnumSet.allOf(Kind.class));
    Remedy same = Remedy.find(question, device, allowance, SAME_LEARNING);
    return least.changes().equals(same.changes()) ? List.of(least) : List.of(least, same);
  }

  private static String title(String name, Question asked) {
    TrainableTable.Row all = asked.plan().table().rows().getLast();
    return String.format(
        Locale.ROOT,
        "%s: %,d parameters, %s, computed in %s",
        name,
        all.total(),
        asked.isFull()
            ? String.format(Locale.ROOT, "%,d of them trained", all.trainable())
            : String.format(Locale.ROOT, "an adapter of %,d trained", all.trainable()),
        asked.plan().model().computeType().publicName());
  }

  private static String batch(MicroBatch batch) {
    return String.format(
        Locale.ROOT,
        "%d x %d tokens at once, %d of each of pictures, %d learned, %s gradient checkpointing",
        batch.rows(),
        batch.length(),
        batch.pictureTokens(),
        batch.supervised(),
        batch.checkpointing() ? "with" : "without");
  }

  /** Prints what fits of several models, each on one worker and on the most. */
  public void printOverview(List<Row> rows) throws IOException {
    System.out.println(batch(rows.getFirst().question().batch()) + ":");
    Table table =
        new Table()
            .row(
                "model",
                "trained",
                "on 1 worker",
                "on " + WORLDS.getLast(),
                "fits " + MemorySize.text(device) + " GiB");
    for (Row row : rows) {
      List<Answer> answers = answers(row.question(), List.of(WORLDS.getFirst(), WORLDS.getLast()));
      table.row(
          row.name(),
          row.question().isFull() ? "all" : "adapter",
          MemorySize.text(answers.getFirst().memory().total()),
          MemorySize.text(answers.getLast().memory().total()),
          verdict(row.question()));
    }
    System.out.print(table.render());
  }

  private String verdict(Question question) throws IOException {
    Remedy remedy = Remedy.find(question, device, allowance, SAME_LEARNING);
    String changes = String.join("; ", remedy.changes());
    if (!remedy.fits(device)) {
      return "no: %s with %s".formatted(MemorySize.text(remedy.memory().total()), changes);
    }
    return changes.isEmpty() ? "yes" : "with " + changes;
  }

  /** The answer to one question for programs. */
  public JsonLine json(String name, Question asked, List<Integer> worlds) throws IOException {
    List<Answer> answers = answers(asked, worlds);
    List<Map<String, Object>> ranks = new ArrayList<>();
    for (Answer answer : answers) {
      ranks.add(figures(answer.question(), answer.memory(), answer.fits()));
    }
    List<Map<String, Object>> proposals = new ArrayList<>();
    if (!answers.getFirst().fits()) {
      for (Remedy remedy : remedies(answers.getFirst().question())) {
        Map<String, Object> proposal = new LinkedHashMap<>();
        proposal.put("changes", remedy.changes());
        proposal.putAll(figures(remedy.question(), remedy.memory(), remedy.fits(device)));
        proposals.add(proposal);
      }
    }
    TrainableTable.Row all = asked.plan().table().rows().getLast();
    MicroBatch batch = asked.batch();
    return new JsonLine()
        .put("model", name)
        .put("model_type", asked.plan().model().modelType())
        .put("parameters", all.total())
        .put("trainable", all.trainable())
        .put("train_type", asked.isFull() ? "full" : "lora")
        .put("compute_type", asked.plan().model().computeType().publicName())
        .put("device_memory_bytes", device)
        .put("rows", batch.rows())
        .put("length", batch.length())
        .put("picture_tokens", batch.pictureTokens())
        .put("supervised", batch.supervised())
        .put("gradient_checkpointing", batch.checkpointing())
        .put("ranks", ranks)
        .put("proposals", proposals);
  }

  /** The overview for programs. */
  public JsonLine overviewJson(List<Row> rows) throws IOException {
    List<Map<String, Object>> models = new ArrayList<>();
    for (Row row : rows) {
      for (Answer answer : answers(row.question(), WORLDS)) {
        Map<String, Object> model = new LinkedHashMap<>();
        model.put("model", row.name());
        model.put("train_type", row.question().isFull() ? "full" : "lora");
        model.putAll(figures(answer.question(), answer.memory(), answer.fits()));
        models.add(model);
      }
    }
    return new JsonLine().put("device_memory_bytes", device).put("models", models);
  }

  private static Map<String, Object> figures(Question question, RankMemory memory, boolean fits) {
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("workers", question.sharing().world());
    figures.put("zero_stage", question.sharing().stage());
    figures.put("weight_bytes", memory.weights());
    figures.put("copy_bytes", memory.copy());
    figures.put("gradient_bytes", memory.gradients());
    figures.put("optimizer_bytes", memory.moments());
    figures.put("reduced_bytes", memory.reduced());
    figures.put("activation_bytes", memory.activations());
    figures.put("logits_bytes", memory.logits());
    figures.put("exchange_bytes", memory.exchange());
    figures.put("allowance_bytes", memory.allowance());
    figures.put("total_bytes", memory.total());
    figures.put("fits", fits);
    figures.put("most_in", memory.most());
    return figures;
  }
}
