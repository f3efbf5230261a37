package io.lockstep.worker.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.lockstep.data.fusion.DatasetConfig;
import io.lockstep.data.fusion.DatasetTemplate;
import io.lockstep.data.fusion.FusionConfig;
import io.lockstep.data.preprocess.Preprocessing;
import io.lockstep.model.adapter.Targets;
import io.lockstep.model.parameter.ParameterSpec;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** Writes a configuration such that reading it again gives an equal one. */
final class RunConfigYaml {

  private static final double MILLIS = 1000;

  private static final YAMLMapper YAML =
      YAMLMapper.builder().disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER).build();

  private RunConfigYaml() {}

  static String write(RunConfig config) {
    ObjectNode root = YAML.createObjectNode();
    ObjectNode run = root.putObject("run").put("name", config.name()).put("seed", config.seed());
    config.outputDir().ifPresent(dir -> run.put("output_dir", dir.toString()));
    ObjectNode model =
        root.putObject("model")
            .put("path", config.model().path().toString())
            .put("weights", label(config.model().weights()));
    config.model().adapter().ifPresent(adapter -> model.put("adapter", adapter.toString()));
    data(root.putObject("data"), config.data());
    ObjectNode prompts = root.putObject("prompts").put("profile", config.prompts().profile());
    config.prompts().domain().ifPresent(domain -> prompts.put("domain", domain));
    config.prompts().domainText().ifPresent(text -> prompts.put("domain_text", text));
    config.prompts().system().ifPresent(text -> prompts.put("system", text));
    config.prompts().user().ifPresent(text -> prompts.put("user", text));
    config
        .vision()
        .tokenBudget()
        .ifPresent(budget -> root.putObject("vision").put("token_budget", budget.share()));
    training(root.putObject("training"), config.training());
    optimizer(root.putObject("optimizer"), config.optimizer());
    tuning(root.putObject("tuning"), config.tuning());
    cluster(root.putObject("cluster"), config.cluster());
    config.inputs().ifPresent(inputs -> inputs(root.putObject("inputs"), inputs));
    try {
      return YAML.writeValueAsString(root);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree of plain values is always YAML", e);
    }
  }

  private static void data(ObjectNode node, DataConfig data) {
    data.trainJsonl()
        .ifPresent(file ->
            node.put("train_jsonl", file.toString())
                .put("template", label(data.template()))
                .put("dense_ratio", data.denseRatio()));
    data.valJsonl().ifPresent(file -> node.put("val_jsonl", file.toString()));
    node.put("val_records", data.valRecords());
    preprocessing(node, data.preprocessing());
    data.fusion().ifPresent(fusion -> fusion(node.putObject("fusion"), fusion));
    data.augmentation().ifPresent(block -> node.set("augmentation", block.toJson()));
    data.loaderThreads().ifPresent(threads -> node.put("loader_threads", threads));
    node.put("patch_bank_mib", data.patchBankMib());
    data.maxUnreadable().ifPresent(most -> node.put("max_unreadable", most));
  }

  private static void preprocessing(ObjectNode node, Preprocessing preprocessing) {
    if (!preprocessing.isEmpty()) {
      node.set("preprocessors", preprocessing.toJson());
    }
  }

  private static void fusion(ObjectNode node, FusionConfig fusion) {
    node.put("seed", fusion.seed());
    fusion.targets().forEach(dataset -> dataset(node.withArray("targets").addObject(), dataset));
    fusion.sources().forEach(dataset -> dataset(node.withArray("sources").addObject(), dataset));
  }

  private static void dataset(ObjectNode node, DatasetConfig dataset) {
    node.put("name", dataset.name()).put("train_jsonl", dataset.trainJsonl().toString());
    dataset.valJsonl().ifPresent(file -> node.put("val_jsonl", file.toString()));
    node.put("template", label(dataset.template()));
    if (dataset.template() == DatasetTemplate.MIXED) {
      node.put("dense_ratio", dataset.denseRatio());
    }
    node.put("ratio", dataset.ratio())
        .put("seed", dataset.seed())
        .put("sample_without_replacement", dataset.withoutReplacement())
        .put("max_objects_per_image", dataset.maxObjects())
        .put("augmentation_enabled", dataset.augmented())
        .put("curriculum_enabled", dataset.curriculum());
    preprocessing(node, dataset.preprocessing());
    dataset.prompts().system().ifPresent(text -> node.put("system", text));
    dataset.prompts().user().ifPresent(text -> node.put("user", text));
  }

  private static void training(ObjectNode node, TrainingConfig training) {
    node.put("max_steps", training.maxSteps())
        .put("epochs", training.epochs())
        .put("global_batch_size", training.globalBatchSize())
        .put("virtual_ranks", training.virtualRanks())
        .put("global_max_length", training.globalMaxLength())
        .put("group_by_length", training.groupByLength())
        .put("truncation_strategy", "raise")
        .put("max_grad_norm", training.maxGradNorm())
        .put("save_steps", training.saveSteps())
        .put("save_delay_steps", training.saveDelay().steps())
        .put("save_delay_epochs", training.saveDelay().epochs())
        .put("keep_last", training.keepLast())
        .put("keep_best", training.keepBest())
        .put("logging_steps", training.loggingSteps())
        .put("bucket_floats", training.bucketFloats())
        .put("gradient_checkpointing", training.gradientCheckpointing())
        .put("gradient_accumulation", training.gradientAccumulation());
  }

  private static void inputs(ObjectNode node, RunInputs inputs) {
    node.put("data_bytes", inputs.dataBytes()).put("data_sha256", inputs.dataSha256());
    inputs.modelSha256().ifPresent(sha256 -> node.put("model_sha256", sha256));
    inputs.adapterSha256().ifPresent(sha256 -> node.put("adapter_sha256", sha256));
  }

  private static void optimizer(ObjectNode node, OptimizerConfig optimizer) {
    node.put("learning_rate", optimizer.learningRate())
        .put("vit_learning_rate", optimizer.vitLearningRate())
        .put("aligner_learning_rate", optimizer.alignerLearningRate())
        .put("beta1", optimizer.beta1())
        .put("beta2", optimizer.beta2())
        .put("epsilon", optimizer.epsilon())
        .put("weight_decay", optimizer.weightDecay())
        .put("decay_vectors", optimizer.decayVectors())
        .put("warmup_ratio", optimizer.warmupRatio())
        .put("floor_ratio", optimizer.minLrRatio());
  }

  private static void tuning(ObjectNode node, TuningConfig tuning) {
    node.put("mode", label(tuning.mode()));
    for (ParameterSpec.Module part : ParameterSpec.Module.values()) {
      node.put(TuningConfig.freezeKey(part), tuning.frozen().contains(part));
    }
    tuning
        .adapter()
        .ifPresent(adapter -> {
          node.put("rank", adapter.rank())
              .put("alpha", adapter.alpha())
              .put("dropout", adapter.dropout())
              .put("dora", adapter.dora())
              .put("rslora", adapter.rankStabilised());
          switch (adapter.targets()) {
            case Targets.Names(List<String> names, var _) ->
                names.forEach(node.putArray("target_modules")::add);
            case Targets.Regex(Pattern pattern) -> node.put("target_regex", pattern.pattern());
            case Targets.AllLinear() -> node.put("target_modules", Targets.AllLinear.NAME);
          }
          adapter.modulesToSave().forEach(node.withArray("modules_to_save")::add);
        });
  }

  private static void cluster(ObjectNode node, ClusterConfig cluster) {
    node.put("min_workers", cluster.minWorkers())
        .put("max_workers", cluster.maxWorkers())
        .put("grace_seconds", cluster.grace().toMillis() / MILLIS)
        .put("reconnect_seconds", cluster.reconnect().toMillis() / MILLIS)
        .put("heartbeat_millis", cluster.heartbeat().toMillis())
        .put("timeout_millis", cluster.timeout().toMillis())
        .put("resilience", label(cluster.resilience()))
        .put("zero_stage", cluster.zeroStage());
  }

  private static String label(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }
}
