// The pages on which a contractor or a time is selected from a ranking or from free slots.

import { find } from "../shared/dom";
import { ContractorCombobox } from "./contractor-combobox";
import { listenToConfirmation } from "./confirmation";
import { listenToRankingRequests } from "./ranking-requests";

listenToConfirmation();
listenToRankingRequests();

const list = document.getElementById("people");
const form = list?.closest<HTMLElement>(".asking");
if (list && form) new ContractorCombobox(find<HTMLInputElement>("input[name=q]", form), list).listen();
