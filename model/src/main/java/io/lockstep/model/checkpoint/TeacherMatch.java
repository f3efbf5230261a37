package io.lockstep.model.checkpoint;

import io.lockstep.model.config.InvalidConfigException;
import io.lockstep.model.network.ModelConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * Whether a teacher reads the same tokens and pictures as its student: else the distributions of
 * both are about different things, whatever their distance says.
 */
public final class TeacherMatch {

  private TeacherMatch() {}

  /**
   * Fails if they differ.
   *
   * @param studentFolder the model that is trained; an adapter's base
   * @param seeing whether their vision towers are compared, too, for what is learned of them
   * @throws InvalidConfigException naming everything in which they do
   */
  public static void require(Path teacherFolder, Path studentFolder, boolean seeing)
      throws IOException {
    try (ModelInputs student = ModelInputs.open(studentFolder, Tuning.full())) {
      List<String> problems = problems(teacherFolder, student, seeing);
      if (!problems.isEmpty()) {
        throw new InvalidConfigException(teacherFolder, problems);
      }
    }
  }

  /** Everything in which they differ, a sentence each. */
  public static List<String> problems(Path teacherFolder, ModelInputs student, boolean seeing)
      throws IOException {
    try (ModelInputs teacher = ModelInputs.open(teacherFolder)) {
      List<String> problems = new ArrayList<>();
      compare(
          problems,
          "vocab_size",
          student.config().text().vocabSize(),
          teacher.config().text().vocabSize());
      OptionalInt token = student.tokenizer().firstDifference(teacher.tokenizer());
      if (token.isPresent()) {
        int id = token.getAsInt();
        problems.add(
            "token %d is '%s' for the student and '%s' for the teacher"
                .formatted(id, student.tokenizer().display(id), teacher.tokenizer().display(id)));
      }
      compare(
          problems,
          "the default system message of the chat template",
          student.config().defaultSystem(),
          teacher.config().defaultSystem());
      compare(
          problems,
          "the tokens that end an answer",
          student.generationConfig().eosTokenIds(),
          teacher.generationConfig().eosTokenIds());
      compare(
          problems,
          "image_token_id",
          student.config().imageTokenId(),
          teacher.config().imageTokenId());
      compare(
          problems, "the image processor", student.images().options(), teacher.images().options());
      compare(problems, "the vision token budget", student.tokenBudget(), teacher.tokenBudget());
      if (seeing) {
        compareTowers(problems, student.config(), teacher.config());
      }
      return problems;
    }
  }

  private static void compareTowers(
      List<String> problems, ModelConfig student, ModelConfig teacher) {
    compare(
        problems,
        "the number of vision blocks",
        student.vision().depth(),
        teacher.vision().depth());
    compare(
        problems,
        "the width of vision blocks",
        student.vision().hiddenSize(),
        teacher.vision().hiddenSize());
    compare(
        problems,
        "the width of merged vision tokens",
        student.vision().outHiddenSize(),
        teacher.vision().outHiddenSize());
    compare(
        problems,
        "the blocks that DeepStack reads",
        student.visionTower().deepstackBlocks(),
        teacher.visionTower().deepstackBlocks());
  }

  private static void compare(List<String> problems, String what, Object student, Object teacher) {
    if (!student.equals(teacher)) {
      problems.add(
          "%s is %s for the student and %s for the teacher".formatted(what, student, teacher));
    }
  }
}
