import { type Answer, useAnswer } from "../api/useAnswer";
import { api, type Config } from "../api/client";

export function useConfig(): Answer<Config> {
  // A model that fails now may answer in a minute: that is worth asking again on the next page.
  return useAnswer("config", api.config, { remember: ({ model }) => model.reason !== "failing" });
}
